import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { type IncomingMessage, request, type ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import { type Echoed, startApp } from "../../tools/app.ts";
import { exchange, parseResponse } from "../../tools/raw-http.ts";
import { startShop } from "../../tools/shop.ts";
import { Tidy } from "../../tools/tidy.ts";

const tidy = new Tidy();
const rules = { redirects: [{ source: "/old", target: "/new" }] };

/** An agent in front of an application. */
async function inFront(...given: Parameters<typeof startApp> extends [unknown, ...infer R] ? R : never) {
  const app = await startApp(tidy, ...given);
  return { app, ...(await startShop(tidy, { upstream: app.url }, { rules })) };
}

async function answered(port: number, path: string, method = "GET", body?: Buffer): Promise<Buffer> {
  const asking = request({ port, path, method, agent: false });
  asking.end(body);
  const [answer] = (await once(asking, "response")) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const hash = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

describe("bodies", () => {
  test("of 20 MB arrive unharmed, both ways", async () => {
    const { port } = await inFront((asked, response) => void asked.pipe(response));
    const body = randomBytes(20 * 2 ** 20);
    expect(hash(await answered(port, "/", "POST", body))).toBe(hash(body));
  });

  test("pass piece by piece while both sides are still talking", async () => {
    const { port } = await inFront((asked, response) => {
      asked.on("data", (piece: Buffer) => response.write(piece.toString().toUpperCase()));
      asked.on("end", () => response.end());
    });
    const asking = request({ port, path: "/", method: "POST", agent: false });
    asking.write("one");
    const [answer] = (await once(asking, "response")) as [IncomingMessage];
    // Each piece is sent only when the one before has come back, so nobody can have held it.
    const heard: string[] = [];
    for (const piece of ["two", "three", undefined]) {
      heard.push(String((await once(answer, "data"))[0]));
      if (piece === undefined) asking.end();
      else asking.write(piece);
    }
    await once(answer.resume(), "end");
    expect(heard).toEqual(["ONE", "TWO", "THREE"]);
    expect(answer.headers["transfer-encoding"]).toBe("chunked");
  });

  test.each([
    ["POST", "content-length: 3\r\n", "abc", { "content-length": "3" }, "abc"],
    // The whole of it is here before it is handed on, so its length is known.
    ["POST", "transfer-encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n", { "content-length": "3" }, "abc"],
    ["POST", "content-length: 0\r\n", "", { "content-length": "0" }, ""],
    ["POST", "", "", { "content-length": "0" }, ""],
    ["GET", "content-length: 2\r\n", "hi", { "content-length": "2" }, "hi"],
    ["DELETE", "", "", {}, ""],
    ["PROPFIND", "content-length: 1\r\n", "x", { "content-length": "1" }, "x"],
  ])("%s with %j keep their framing", async (method, framing, sent, headers, body) => {
    const { port } = await inFront();
    const head = `${method} /a?b=%20 HTTP/1.1\r\nhost: x\r\n${framing}connection: close\r\n\r\n`;
    const echoed = JSON.parse(parseResponse(await exchange(port, head + sent)).body) as Echoed;
    expect(echoed).toMatchObject({ method, url: "/a?b=%20", headers, body });
    const framed = ["content-length", "transfer-encoding"].filter((name) => name in echoed.headers);
    expect(framed).toEqual(Object.keys(headers));
  });
});

describe("answers", () => {
  test("to HEAD have the length of what GET would bring, and no body", async () => {
    const { port } = await inFront((_, response) =>
      response.writeHead(200, { "content-length": 5 }).end("hello"),
    );
    const answer = parseResponse(
      await exchange(port, "HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
    );
    expect(answer).toMatchObject({ status: 200, headers: { "content-length": "5" }, body: "" });
  });

  test.each([204, 304])("%i have no body and leave the connection in order", async (status) => {
    const { port } = await inFront(({ url }, response) =>
      response.writeHead(url === "/" ? 200 : status).end(),
    );
    const both =
      "GET /none HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    const statuses = (await exchange(port, both)).match(/(?<=HTTP\/1\.1 )\d+/g);
    expect(statuses).toEqual([String(status), "200"]);
  });

  test("that were asked for in a row come in that row, whoever gives them and however late", async () => {
    let late: ServerResponse | undefined;
    const { port } = await inFront((asked, response) => {
      if (asked.url === "/late") late = response;
      else {
        response.end(`app ${asked.url}`);
        late?.end("late");
      }
    });
    const paths = ["/old", "/late", "/old", "/b"];
    const row = paths.map(
      (path, i) => `GET ${path} HTTP/1.1\r\nHost: x\r\n${i === 3 ? "Connection: close\r\n" : ""}\r\n`,
    );
    const text = await exchange(port, row.join(""));
    expect(text.match(/HTTP\/1\.1 \d+|late|app \/b/g)).toEqual([
      "HTTP/1.1 301",
      "HTTP/1.1 200",
      "late",
      "HTTP/1.1 301",
      "HTTP/1.1 200",
      "app /b",
    ]);
  });
});

describe("the upstream", () => {
  test("is not asked about what a rule decides, whatever the method", async () => {
    const { port, app } = await inFront();
    for (const method of ["GET", "HEAD", "POST", "PUT"]) {
      const head = `${method} /old HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc`;
      expect(parseResponse(await exchange(port, head)).status).toBe(301);
    }
    expect(app.connections).toHaveLength(0);
  });

  test("is asked over few connections, again and again", async () => {
    const { port, app } = await inFront();
    for (let i = 0; i < 20; i++) await answered(port, `/${i}`);
    expect(app.connections).toHaveLength(1);
    await Promise.all(
      Array.from({ length: 10 }, (_, i) => answered(port, `/${i}`, "POST", Buffer.from("x"))),
    );
    expect(app.connections.length).toBeLessThanOrEqual(10);
  });

  test("may have a path of its own, and asks for its own name", async () => {
    const app = await startApp(tidy);
    const upstream = { url: `${app.url}/base/`, host: "upstream" as const };
    const { port } = await startShop(tidy, { upstream }, { rules });
    const echoed = JSON.parse((await answered(port, "/a//b/../c?d")).toString()) as Echoed;
    expect([echoed.url, echoed.headers.host]).toEqual(["/base/a//b/../c?d", `127.0.0.1:${app.port}`]);
  });
});

describe("100-continue", () => {
  test("is said by us before a body comes, and is not the upstream's matter", async () => {
    const { port } = await inFront();
    const asking = request({
      ...{ port, path: "/", method: "POST", agent: false },
      headers: { expect: "100-continue", "content-length": 4 },
    });
    asking.flushHeaders();
    await once(asking, "continue");
    asking.end("body");
    const [answer] = (await once(asking, "response")) as [IncomingMessage];
    const [text] = (await once(answer, "data")) as [Buffer];
    const echoed = JSON.parse(text.toString()) as Echoed;
    expect(echoed.body).toBe("body");
    expect(echoed.headers).not.toHaveProperty("expect");
  });
});
