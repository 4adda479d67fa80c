import { writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { folder } from "../../tools/folder.ts";
import { type OutriderProcess, startOutrider } from "../../tools/outrider.ts";
import { answerOf, exchange } from "../../tools/tcp.ts";
import { Tidy } from "../../tools/tidy.ts";

const tidy = new Tidy("all");
/** Long enough to tell waiting from not waiting, in milliseconds. */
const WAIT = 1_000;

let outrider: OutriderProcess;
const ports: Record<string, number> = {};

beforeAll(async () => {
  const files = await folder(tidy);
  const file = (name: string, state: object) => {
    writeFileSync(join(files, name), JSON.stringify(state));
    return { file: join(files, name) };
  };
  const services = {
    "be/s1": { from: file("one", { status: "UP", weight: 7 }) },
    "be/s2": { from: file("two", { status: "MAINT" }) },
  };
  const common = { kind: "haproxy", listen: "127.0.0.1:0", wait: `${WAIT}ms` };
  const agents = {
    closed: { ...common, services },
    open: { ...common, services: { ...services, "*": { from: file("rest", { status: "DRAIN" }) } } },
    web: { ...common, services: { ...services, "*": {} }, http: true },
    guarded: { ...common, listen: "0.0.0.0:0", allow: ["127.0.0.0/30", "::1"] },
  };
  outrider = await startOutrider(tidy, { config: { admin: { listen: "127.0.0.1:0" }, agents } });
  for (const name of Object.keys(agents)) ports[name] = await outrider.port(name);
});

const ask = (agent: string, send: string | Buffer, halfClose = false) =>
  exchange({ port: ports[agent]!, send, halfClose });

describe("several services behind one port", () => {
  test.each(["\n", "\r\n"])("are told apart by the line that is sent, ended by %j", async (end) => {
    expect((await ask("open", `be/s1${end}`)).text).toBe("UP 7%\n");
    expect((await ask("open", `be/s2${end}`)).text).toBe("MAINT\n");
    expect((await ask("open", `be/s3${end}`)).text).toBe("DRAIN\n");
  });

  test("what comes after the line is ignored", async () => {
    expect((await ask("open", "be/s1\nbe/s2\n")).text).toBe("UP 7%\n");
  });

  test("a line without an end is one too: at the client's end, and after a short silence", async () => {
    expect((await ask("open", "be/s2", true)).text).toBe("MAINT\n");
    const { text, firstByte } = await ask("open", "be/s2");
    expect(text).toBe("MAINT\n");
    expect(firstByte).toBeLessThan(WAIT);
  });

  test("a line in pieces is waited for", async () => {
    const socket = createConnection({ port: ports["open"]!, host: "127.0.0.1", noDelay: true });
    const heard: Buffer[] = [];
    const closed = new Promise((resolve) =>
      socket.on("data", (chunk) => heard.push(chunk)).on("close", resolve),
    );
    for (const piece of ["be", "/", "s", "2\n"]) {
      socket.write(piece);
      await pause(40);
    }
    await closed;
    expect(Buffer.concat(heard).toString()).toBe("MAINT\n");
  });

  test("whoever says nothing gets the default one after the wait", async () => {
    const { text, firstByte } = await ask("open", "");
    expect(text).toBe("DRAIN\n");
    expect(firstByte).toBeGreaterThan(WAIT * 0.9);
  });

  test("a line that is too long is nobody's name, and is not waited for", async () => {
    const { text, firstByte } = await ask("open", Buffer.alloc(100_000, "x"));
    expect(text).toBe("DRAIN\n");
    expect(firstByte).toBeLessThan(WAIT * 0.9);
  });

  test("without a default, an unknown name gets nothing: HAProxy then changes nothing", async () => {
    expect((await ask("closed", "be/s1\n")).text).toBe("UP 7%\n");
    expect(await ask("closed", "be/s3\n")).toMatchObject({ text: "", end: "fin" });
  });

  test("an action may name one of them", async () => {
    const { inspect } = await outrider.api<{ inspect: { services: { name: string; answer: string }[] } }>(
      "/api/agents/closed",
    );
    expect(inspect.services.map(({ name, answer }) => [name, answer])).toEqual([
      ["be/s1", "UP 7%"],
      ["be/s2", "MAINT"],
    ]);
    const unknown = await outrider.api("/api/agents/closed/actions/up", { service: "be/s9" });
    expect(unknown).toMatchObject({ error: { message: 'there is no service "be/s9"' } });
  });
});

describe("HTTP on the same port", () => {
  const get = (path: string, method = "GET") =>
    fetch(`http://127.0.0.1:${ports["web"]}${path}`, { method, headers: { connection: "close" } });

  test("a probe and a poll at the same time", async () => {
    const asked = Array.from({ length: 20 }, async (_, index) => {
      if (index % 2 === 0) return answerOf(ports["web"]!, "be/s1\n");
      const answer = await get("/be/s1");
      return `${answer.status} ${answer.statusText} ${JSON.stringify(await answer.json())}`;
    });
    const told = new Set(await Promise.all(asked));
    expect(told).toEqual(
      new Set([
        "UP 7%\n",
        '200 UP 7% {"service":"be/s1","status":"UP","weight":7,"health":"up","admin":"ready"}',
      ]),
    );
  });

  test("a server that takes no traffic is 503, with the words in the reason phrase", async () => {
    const answer = await get("/be%2Fs2?from=probe");
    expect([answer.status, answer.statusText]).toEqual([503, "MAINT"]);
  });

  test("the root is the default service, and so is what nobody is called", async () => {
    expect((await get("/")).statusText).toBe("UP");
    expect((await get("/be/s9")).statusText).toBe("UP");
    expect((await get("/%")).statusText).toBe("UP");
  });

  test("HEAD has no body, and the connection ends after the answer", async () => {
    const { text, end } = await exchange({ port: ports["web"]!, send: "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n" });
    expect(text.split("\r\n\r\n")).toEqual([expect.stringMatching(/^HTTP\/1.1 200 UP\r\n/), ""]);
    expect(end).toBe("fin");
  });

  test("as HAProxy asks: HTTP/1.0 without a header", async () => {
    const { text } = await ask("web", "GET /be/s1 HTTP/1.0\r\n\r\n");
    expect(text).toMatch(/^HTTP\/1\.1 200 UP 7%\r\n/);
  });

  test("a head in pieces is waited for, an endless one is not", async () => {
    const { text } = await ask("web", `GET / HTTP/1.1\r\n${"x: y\r\n".repeat(2_000)}`);
    expect(text).toMatch(/^HTTP\/1\.1 200 UP\r\n/);
  });
});

describe("an allow-list", () => {
  test("answers those that are on it", async () => {
    expect((await ask("guarded", "")).text).toBe("UP\n");
  });

  test("closes on the others without a word, and counts them", async () => {
    const stranger = { port: ports["guarded"]!, host: "127.0.0.1", localAddress: "127.0.0.9" };
    const heard = await new Promise<string>((resolve) => {
      let text = "";
      const socket = createConnection(stranger);
      socket.on("data", (chunk) => {
        text += chunk;
      });
      socket.on("error", () => {}).on("close", () => resolve(text));
    });
    expect(heard).toBe("");
    const { admin } = await outrider.says("outrider is running");
    const metrics = await (await fetch(`http://${admin}/metrics`)).text();
    expect(metrics).toMatch(/^outrider_haproxy_refused_total\{agent="guarded",kind="haproxy"\} 1$/m);
  });
});
