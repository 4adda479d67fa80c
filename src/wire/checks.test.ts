import { once } from "node:events";
import { existsSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { folder } from "../../test/tools/folder.ts";
import { freePort, serve, serveHttp } from "../../test/tools/ports.ts";
import { Tidy } from "../../test/tools/tidy.ts";
import { until } from "../../test/tools/until.ts";
import { commandCheck, commandNumber, fileCheck, httpCheck, httpNumber, tcpCheck } from "./checks.ts";

const tidy = new Tidy();

const { signal } = new AbortController();
const node = (code: string): readonly [string, ...string[]] => [process.execPath, "-e", code];

describe("httpCheck", () => {
  it.each([
    [200, undefined],
    [204, undefined],
    [302, undefined],
    [404, /answered 404$/],
    [503, /answered 503$/],
  ])("takes %i for what it is", async (status, reason) => {
    const url = await serveHttp(tidy, (_, response) => {
      response.writeHead(status, { location: "http://192.0.2.1/elsewhere" });
      response.end();
    });
    const look = httpCheck(url, 1_000)(signal);
    if (reason) await expect(look).rejects.toThrow(reason);
    else await look;
  });

  it("asks on a new connection each time, and leaves none", async () => {
    const sockets = new Set<object>();
    const url = await serveHttp(tidy, (request, response) => {
      sockets.add(request.socket);
      request.socket.on("close", () => sockets.delete(request.socket));
      response.end();
    });
    const check = httpCheck(url, 1_000);
    await check(signal);
    await check(signal);
    await until("the connection is closed", () => sockets.size === 0);
  });

  it("gives up in time", async () => {
    const url = await serveHttp(tidy, () => {});
    await expect(httpCheck(url, 50)(signal)).rejects.toThrow("did not answer within 50 ms");
  });
});

describe("tcpCheck", () => {
  it("is content with a connection, and leaves it", async () => {
    let closed: Promise<unknown> | undefined;
    const port = await serve(tidy, (socket) => {
      closed = once(socket, "close");
      socket.resume().on("end", () => socket.end());
    });
    await tcpCheck(`127.0.0.1:${port}`)(signal);
    await tcpCheck(`:${port}`)(signal);
    await closed;
  });

  it("says why there is none", async () => {
    const address = `127.0.0.1:${await freePort()}`;
    await expect(tcpCheck(address)(signal)).rejects.toThrow(`${address}: ECONNREFUSED`);
    await expect(tcpCheck("unix:/no/such/socket")(signal)).rejects.toThrow("ENOENT");
    await expect(tcpCheck(address)(AbortSignal.abort())).rejects.toThrow("did not answer in time");
  });
});

describe("commandCheck", () => {
  it("is content with status 0, and else gives the last line as the reason", async () => {
    await commandCheck(node("console.log('fine')"))(signal);
    await expect(
      commandCheck(node("console.log('a\\nno disk\\n'); process.exit(3)"))(signal),
    ).rejects.toThrow(/^no disk$/);
    await expect(commandCheck(node("process.exit(3)"))(signal)).rejects.toThrow("ended with 3");
    await expect(commandCheck(["/no/such/program"])(signal)).rejects.toThrow("ENOENT");
  });

  it("ends the command when it is over, or was before it began", async () => {
    const path = join(await folder(tidy), "began");
    const controller = new AbortController();
    const forever = node(
      `require('fs').writeFileSync(${JSON.stringify(path)}, ''); setInterval(() => {}, 1e6)`,
    );
    const look = commandCheck(forever)(controller.signal);
    look.catch(() => {});
    await until("the command has begun", () => existsSync(path));
    controller.abort();
    await expect(look).rejects.toThrow("did not end in time");
    await expect(commandCheck(forever)(AbortSignal.abort())).rejects.toThrow("did not end in time");
  });
});

describe("fileCheck", () => {
  it("wants the file to exist, and to be young enough", async () => {
    const path = join(await folder(tidy), "file");
    await expect(fileCheck(path)(signal)).rejects.toThrow("is missing");
    writeFileSync(path, "");
    await fileCheck(path)(signal);
    await fileCheck(path, 60_000)(signal);
    utimesSync(path, 1, 1);
    await fileCheck(path)(signal);
    await expect(fileCheck(path, 60_000)(signal)).rejects.toThrow("is too old");
  });
});

describe("numbers", () => {
  it("come from a URL or a command", async () => {
    const url = await serveHttp(tidy, (request, response) => {
      response.statusCode = request.url === "/bad" ? 500 : 200;
      response.end(request.url === "/none" ? "none" : "0.25 of something\n");
    });
    expect(await httpNumber(url, 1_000, signal)).toBe(0.25);
    await expect(httpNumber(`${url}/none`, 1_000, signal)).rejects.toThrow("gave no number");
    await expect(httpNumber(`${url}/bad`, 1_000, signal)).rejects.toThrow("answered 500");
    expect(await commandNumber(node("console.log(' 42 ')"), signal)).toBe(42);
    await expect(commandNumber(node("console.log('x')"), signal)).rejects.toThrow("gave no number");
  });
});
