import type { Socket } from "node:net";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { freePort, serve, serveHttp } from "../../test/tools/ports.ts";
import { Tidy } from "../../test/tools/tidy.ts";
import { HttpClient, type HttpClientOptions, type HttpRequest } from "./http-client.ts";

const tidy = new Tidy();

function client(options: HttpClientOptions = {}) {
  const made = new HttpClient({ timeout: 2_000, ...options });
  tidy.later(() => made.close());
  return (url: string, more: Partial<HttpRequest> = {}) =>
    made.send({ method: "GET", url, signal: new AbortController().signal, ...more });
}

const link = (code: string, message: RegExp) => ({
  name: "LinkProblem",
  code,
  message: expect.stringMatching(message),
});

describe("HttpClient", () => {
  it("sends and reads whole exchanges, whatever the status", async () => {
    const url = await serveHttp(tidy, (request, response) => {
      const { method, headers, url: path } = request;
      let body = "";
      request
        .on("data", (chunk) => (body += chunk))
        .on("end", () => {
          response.statusCode = 418;
          response.setHeader("x-seen", "yes");
          response.end(
            JSON.stringify({ method, path, body, agent: headers["user-agent"], own: headers["x-own"] }),
          );
        });
    });
    const answer = await client()(`${url}/a?b=c`, {
      method: "POST",
      body: "höllo",
      headers: { "x-own": "1" },
    });
    expect([answer.status, answer.headers["x-seen"]]).toEqual([418, "yes"]);
    expect(JSON.parse(answer.body.toString())).toEqual({
      method: "POST",
      path: "/a?b=c",
      body: "höllo",
      agent: "outrider",
      own: "1",
    });
  });

  it("says that nobody is there", async () => {
    const port = await freePort();
    await expect(client()(`http://127.0.0.1:${port}/x`)).rejects.toMatchObject(
      link("connect_failed", /^GET http:\/\/127\.0\.0\.1:\d+\/x failed: ECONNREFUSED$/),
    );
  });

  it.each([
    ["never answers", () => {}],
    ["stops within the head", (socket: Socket) => void socket.write("HTTP/1.1 200 OK\r\n")],
    [
      "stops within the body",
      (socket: Socket) => void socket.write("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"),
    ],
  ])("gives up in time on a server that %s", async (_, connected) => {
    const port = await serve(tidy, connected);
    const began = performance.now();
    await expect(client({ timeout: 200 })(`http://127.0.0.1:${port}/`)).rejects.toMatchObject(
      link("timed_out", /did not answer within 200 ms/),
    );
    expect(performance.now() - began).toBeLessThan(1_500);
  });

  it.each([
    ["resets the connection", (socket: Socket) => void socket.resetAndDestroy()],
    [
      "resets within the body",
      (socket: Socket) =>
        void socket.write("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf", () => socket.resetAndDestroy()),
    ],
    ["ends within the head", (socket: Socket) => void socket.end("HTTP/1.1 200")],
    ["speaks no HTTP", (socket: Socket) => void socket.end("220 mail.example.com ESMTP\r\n")],
  ])("says that the connection broke when a server %s", async (_, connected) => {
    const port = await serve(tidy, connected);
    await expect(client()(`http://127.0.0.1:${port}/`)).rejects.toMatchObject(
      link("connect_failed", /failed: /),
    );
  });

  it("reads no more than it may", async () => {
    const url = await serveHttp(tidy, (_, response) => void response.end("x".repeat(2_000)));
    await expect(client({ largest: 1_000 })(url)).rejects.toMatchObject(
      link("answer_too_large", /sent more than 1000 bytes/),
    );
    expect((await client({ largest: 2_000 })(url)).body).toHaveLength(2_000);
  });

  it("ends at once when it is told to, and does not begin when it was told before", async () => {
    let asked = 0;
    const controller = new AbortController();
    const url = await serveHttp(tidy, () => {
      asked++;
      controller.abort(new Error("enough"));
    });
    const sent = client()(url, { signal: controller.signal });
    await expect(sent).rejects.toThrow("enough");
    await expect(client()(url, { signal: AbortSignal.abort(new Error("before")) })).rejects.toThrow("before");
    expect(asked).toBe(1);
  });

  it("hides passwords", async () => {
    const port = await freePort();
    const problem = await client()(`http://user:canary@127.0.0.1:${port}/`).catch(String);
    expect(problem).not.toContain("canary");
  });

  it("does not know what to do with a URL that is none", async () => {
    await expect(client()("nonsense")).rejects.toMatchObject(link("connect_failed", /nonsense/));
  });
});

describe("a request", () => {
  const echo = () =>
    serveHttp(tidy, (request, response) => {
      let body = "";
      request
        .on("data", (chunk) => (body += chunk))
        .on("end", () =>
          response.end(JSON.stringify([request.method, request.rawHeaders, body, request.socket.remotePort])),
        );
    });
  const ask = async (send: ReturnType<typeof client>, ...args: Parameters<typeof send>) =>
    JSON.parse((await send(...args)).body.toString());

  it("is sent with its body whatever the method, and the connection stays", async () => {
    const url = await echo();
    const send = client({ timeout: 0, connections: 1 });
    const [method, headers, body, port] = await ask(send, url, { body: Buffer.from("x") });
    expect([method, body]).toEqual(["GET", "x"]);
    expect(headers).toEqual(expect.arrayContaining(["content-length", "1"]));
    expect((await ask(send, url, { method: "DELETE", body: "y" }))[3]).toBe(port);
  });

  it("has headers as they are spelled, lists line by line, and ours only where there is none", async () => {
    const send = client({ unpack: true });
    const given = { "X-A": ["1", "2"], "uSER-aGENT": "me", Host: "other.test" };
    const [, headers] = await ask(send, await echo(), { headers: given });
    expect(headers).toEqual(
      ["host", "other.test", "connection", "keep-alive", "accept-encoding", "gzip"].concat([
        "X-A",
        "1",
        "X-A",
        "2",
        "uSER-aGENT",
        "me",
      ]),
    );
  });

  it("carries the credentials of its URL", async () => {
    const url = (await echo()).replace("//", "//us%40er:pass@");
    const [, headers] = await ask(client(), url);
    expect(headers).toContain(`Basic ${Buffer.from("us@er:pass").toString("base64")}`);
    expect(await ask(client(), url, { headers: { Authorization: "own" } })).toMatchObject({
      1: expect.not.arrayContaining(["authorization"]),
    });
  });
});

describe("packed answers", () => {
  const packed = (encoding: string, body: Buffer) =>
    serveHttp(tidy, (_, response) => {
      response.setHeader("content-encoding", encoding);
      response.end(body);
    });
  const plain = Buffer.from("hello");

  it.each([
    ["gzip", gzipSync(plain)],
    ["br", brotliCompressSync(plain)],
    ["deflate", deflateSync(plain)],
    ["deflate", deflateRawSync(plain)],
  ])("%s is unpacked, when asked", async (encoding, body) => {
    const url = await packed(encoding, body);
    const answer = await client({ unpack: true })(url);
    expect([answer.body.toString(), answer.headers["content-encoding"]]).toEqual(["hello", undefined]);
    expect((await client()(url)).body).toEqual(body);
  });

  it("that are broken or too large are problems", async () => {
    const send = client({ unpack: true, largest: 1_000 });
    await expect(send(await packed("gzip", Buffer.from("no gzip")))).rejects.toMatchObject(
      link("answer_unexpected", /sent a body that is no gzip/),
    );
    await expect(send(await packed("gzip", gzipSync(Buffer.alloc(2_000))))).rejects.toMatchObject(
      link("answer_too_large", /sent more than 1000 bytes/),
    );
  });
});

describe("redirects", () => {
  const redirecting = (to: (host: string) => string) =>
    serveHttp(tidy, (request, response) => {
      if (request.url === "/end") response.end(`${request.headers["authorization"]}`);
      else {
        response.statusCode = 302;
        response.setHeader("location", to(request.headers.host ?? ""));
        response.end("moved");
      }
    });
  const headers = { authorization: "Bearer canary" };

  it.each([["/end"], ["end"]])("to %s, within the same origin, are followed", async (location) => {
    const url = await redirecting(() => location);
    const answer = await client()(`${url}/begin`, { headers });
    expect([answer.status, answer.body.toString()]).toEqual([200, "Bearer canary"]);
  });

  it("elsewhere are refused, and credentials never get there", async () => {
    let seen: string | undefined;
    const elsewhere = await serveHttp(tidy, (request, response) => {
      seen = request.headers["authorization"] ?? "asked";
      response.end();
    });
    const port = new URL(elsewhere).port;
    for (const location of [elsewhere, `http://localhost:${port}/`, `//127.0.0.1:${port}/`, "http://["]) {
      const url = await redirecting(() => location);
      await expect(client()(url, { headers })).rejects.toMatchObject(
        link("answer_unexpected", /redirects \(302\) to/),
      );
    }
    expect(seen).toBeUndefined();
  });

  it("without end, or of a request with a body, are refused", async () => {
    const url = await redirecting(() => "/again");
    await expect(client()(url)).rejects.toMatchObject(link("answer_unexpected", /redirects/));
    await expect(client()(url, { method: "POST", body: "x" })).rejects.toMatchObject(
      link("answer_unexpected", /^POST .* redirects/),
    );
  });

  it("are answers like any other where they are not followed", async () => {
    const url = await redirecting(() => "/again");
    const answer = await client({ follow: false })(url);
    expect([answer.status, answer.headers["location"], answer.body.toString()]).toEqual([
      302,
      "/again",
      "moved",
    ]);
  });
});
