import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createConnection } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { HttpTenant, QuickRequest } from "../core/doors.ts";
import { House } from "./doors.ts";

/** What a request said, as both lanes understand it. */
function told(method: string, target: string, headers: readonly (readonly [string, string])[]): string {
  return JSON.stringify([method, target, headers]);
}

function headersOf(lines: string): [string, string][] {
  return lines
    .split("\r\n")
    .filter((line) => line !== "")
    .map((line) => {
      const at = line.indexOf(":");
      return [line.slice(0, at), line.slice(at + 1).replace(/^[ \t]+|[ \t]+$/g, "")];
    });
}

/** Answers what it was told, byte for byte as `node:http` would. */
function quickly({ method, target, headers, keepAlive }: QuickRequest): string {
  const body = told(method, target, headersOf(headers));
  const kept = keepAlive ? "Connection: keep-alive\r\nKeep-Alive: timeout=65" : "Connection: close";
  return `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n${kept}\r\n\r\n${method === "HEAD" ? "" : body}`;
}

function fully(request: IncomingMessage, response: ServerResponse): void {
  const raw = request.rawHeaders;
  const headers = raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1]!] as const] : []));
  const body = Buffer.from(told(request.method ?? "", request.url ?? "", headers), "latin1");
  request.resume();
  response.sendDate = false;
  response.setHeader("Content-Length", body.length);
  response.end(body);
}

const house = new House();
let quickened = 0;
const quick: HttpTenant = {
  request: fully,
  quick: (request) => {
    // The full server refuses targets beyond ASCII, and who cannot mend them must leave them to it.
    if (/[\x80-\xff]/.test(request.target)) return undefined;
    quickened++;
    return quickly(request);
  },
};
let fast = "";
let plain = "";

beforeAll(async () => {
  fast = (await house.for("fast").open("127.0.0.1:0", quick)).address;
  plain = (await house.for("plain").open("127.0.0.1:0", { request: fully })).address;
});
afterAll(() => house.close(AbortSignal.abort()));
beforeEach(() => {
  quickened = 0;
});

/** Sends the pieces one after the other, then the end, and gathers the answer until the other side has ended too. */
async function exchange(address: string, pieces: readonly Buffer[], pause = 0): Promise<string> {
  const socket = createConnection(Number(address.split(":")[1]), "127.0.0.1")
    .setNoDelay()
    .on("error", () => {});
  let received = "";
  socket.setEncoding("latin1").on("data", (chunk) => (received += chunk));
  const closed = new Promise((resolve) => socket.on("close", resolve));
  await once(socket, "connect");
  for (const piece of pieces) {
    socket.write(piece);
    await new Promise((resolve) => (pause > 0 ? setTimeout(resolve, pause) : setImmediate(resolve)));
  }
  socket.end();
  await closed;
  return received;
}

const latin1 = (text: string) => Buffer.from(text, "latin1");
const both = async (pieces: readonly Buffer[]) =>
  Promise.all([exchange(fast, pieces), exchange(plain, pieces)]);

/** What the tenant answered. */
const answers = (received: string) =>
  [...received.matchAll(/\r\n\r\n(\["(?:GET|HEAD|POST|OPTIONS)".*?\]\])/g)].map(([, body]) => body);

/**
 * When a broken request follows good ones in one piece, `node:http` ends the connection before it has sent all their
 * answers. So ours may be more than these, but none may be there that it would not give if it had the time.
 */
async function compare(ours: unknown[], theirs: unknown[], sent: Buffer): Promise<void> {
  expect(ours.slice(0, theirs.length)).toEqual(theirs);
  const lines = sent
    .toString("latin1")
    .split(/(?<=\n)/)
    .map(latin1);
  const all = answers(await exchange(plain, lines, 3));
  expect(ours).toEqual(all.slice(0, ours.length));
}

describe("the fast lane", () => {
  it("answers plain requests, one by one and many at once", async () => {
    const request = "GET /a?b=c HTTP/1.1\r\nHost: a.example\r\nAccept: */*\r\n\r\n";
    const [answer, reference] = await both([latin1(request), latin1(request.repeat(50))]);
    expect(answer).toBe(reference);
    expect([quickened, answer.match(/HTTP\/1\.1 200 OK/g)?.length]).toEqual([51, 51]);
  });

  it.each([
    ["HEAD", "HEAD / HTTP/1.1\r\nhost: a\r\n\r\n"],
    [
      "a wish to close",
      "GET / HTTP/1.1\r\nhost: a\r\nconnection: Close\r\n\r\nGET /late HTTP/1.1\r\nhost: a\r\n\r\n",
    ],
    ["a wish to stay", "GET / HTTP/1.1\r\nhost: a\r\nConnection: keep-alive\r\n\r\n"],
    ["blanks around values", "GET / HTTP/1.1\r\nhost: \t a \t\r\nx:  y  z \r\nempty:\r\n\r\n"],
    ["a port", "GET / HTTP/1.1\r\nhost: a.example:8080\r\n\r\n"],
    ["bytes above ASCII", "GET / HTTP/1.1\r\nhost: a\r\nx: \xa0\xff\xa0\r\n\r\n"],
    ["odd but lawful targets", "GET /a%20b/{c}|d\"<>`^\\~?x=[1]&y='#z HTTP/1.1\r\nhost: a\r\n\r\n"],
  ])("takes %s", async (_, text) => {
    const [answer, reference] = await both([latin1(text)]);
    expect(answer).toBe(reference);
    expect(quickened).toBe(1);
  });

  it.each([
    ["two hosts", "GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n"],
    ["no host", "GET / HTTP/1.1\r\nx: y\r\n\r\n"],
    ["an empty host", "GET / HTTP/1.1\r\nhost:\r\n\r\n"],
    ["a host with a path", "GET / HTTP/1.1\r\nhost: a/b\r\n\r\n"],
    ["a host with a user", "GET / HTTP/1.1\r\nhost: a@b\r\n\r\n"],
    ["a length", "GET / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabc"],
    [
      "length and encoding",
      "GET / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
    ["an encoding", "GET / HTTP/1.1\r\nhost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"],
    ["a folded line", "GET / HTTP/1.1\r\nhost: a\r\nx: y\r\n z\r\n\r\n"],
    ["a line of blanks", "GET / HTTP/1.1\r\nhost: a\r\n \r\n\r\n"],
    ["a bare line feed", "GET / HTTP/1.1\r\nhost: a\nx: y\r\n\r\n"],
    ["line feeds alone", "GET / HTTP/1.1\nhost: a\n\n"],
    ["a bare carriage return", "GET / HTTP/1.1\r\nhost: a\rx: y\r\n\r\n"],
    ["a zero byte in a value", "GET / HTTP/1.1\r\nhost: a\0b\r\n\r\n"],
    ["a zero byte in a target", "GET /\0 HTTP/1.1\r\nhost: a\r\n\r\n"],
    ["a blank before the colon", "GET / HTTP/1.1\r\nhost : a\r\n\r\n"],
    ["a blank before the name", "GET / HTTP/1.1\r\n host: a\r\n\r\n"],
    ["a line without a colon", "GET / HTTP/1.1\r\nhost: a\r\nnonsense\r\n\r\n"],
    ["a line without a name", "GET / HTTP/1.1\r\nhost: a\r\n: x\r\n\r\n"],
    ["an expectation", "GET / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\n\r\n"],
    ["an upgrade", "GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n"],
    ["two wishes", "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\nconnection: keep-alive\r\n\r\n"],
    ["a list of wishes", "GET / HTTP/1.1\r\nhost: a\r\nconnection: keep-alive, x\r\n\r\n"],
    ["another method", "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n"],
    ["a method in small letters", "get / HTTP/1.1\r\nhost: a\r\n\r\n"],
    ["HTTP 1.0", "GET / HTTP/1.0\r\nhost: a\r\n\r\n"],
    ["HTTP 2.0", "GET / HTTP/2.0\r\nhost: a\r\n\r\n"],
    ["no version", "GET /\r\nhost: a\r\n\r\n"],
    ["two blanks", "GET  / HTTP/1.1\r\nhost: a\r\n\r\n"],
    ["an absolute target", "GET http://b/ HTTP/1.1\r\nhost: a\r\n\r\n"],
    ["a target above ASCII", "GET /\xe4 HTTP/1.1\r\nhost: a\r\n\r\n"],
    ["a line end before the request", "\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\n"],
    ["a large head", `GET / HTTP/1.1\r\nhost: a\r\nx: ${"y".repeat(9_000)}\r\n\r\n`],
    ["a head too large", `GET / HTTP/1.1\r\nhost: a\r\nx: ${"y".repeat(20_000)}\r\n\r\n`],
    ["TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"],
  ])("never answers a request with %s, nor what follows it", async (_, text) => {
    const [answer, reference] = await both([latin1(`${text}GET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n`)]);
    expect(answer).toBe(reference);
    expect(quickened).toBe(0);
  });

  it("gives the same answers as node:http alone, whatever bytes arrive in whatever pieces", async () => {
    const word = fc.stringMatching(/^[a-zA-Z0-9-]{1,8}$/);
    const value = fc.oneof(
      word,
      fc.constantFrom("close", "keep-alive", "chunked", "3", "a b", " x ", "\t", "é", ""),
    );
    const name = fc.oneof(
      word,
      fc.constantFrom(
        "Host",
        "host",
        "Connection",
        "Content-Length",
        "Transfer-Encoding",
        "Expect",
        "Upgrade",
        "TE",
      ),
    );
    const header = fc.tuple(
      name,
      fc.constantFrom(": ", ":", " :", ":\t"),
      value,
      fc.constantFrom("\r\n", "\r\n", "\n"),
    );
    const usual = fc.constant("Host: a.example\r\nAccept: */*\r\n");
    const request = fc
      .tuple(
        fc.constantFrom("GET", "GET", "GET", "HEAD", "POST", "OPTIONS", "get"),
        fc.constantFrom("/", "/a?b=c", "/x#y", "*", "http://b/", "/ä", "a"),
        fc.constantFrom("HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/1.2"),
        fc.oneof(
          { weight: 3, arbitrary: usual },
          { weight: 2, arbitrary: fc.array(header, { maxLength: 4 }) },
        ),
        fc.constantFrom("", "", "", "abc", "\r\n", "3\r\nabc\r\n0\r\n\r\n"),
      )
      .map(([method, target, version, headers, body]) => {
        const lines = typeof headers === "string" ? headers : headers.map((each) => each.join("")).join("");
        return `${method} ${target} ${version}\r\n${lines}\r\n${body}`;
      });
    const noise = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }));
    const streams = fc.record({
      requests: fc.array(request, { minLength: 1, maxLength: 5 }),
      changed: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.array(noise, { maxLength: 3 })),
      lost: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat({ max: 20 })),
      cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 }),
    });
    let seen = 0;
    await fc.assert(
      fc.asyncProperty(streams, async ({ requests, changed, lost, cuts }) => {
        const bytes = latin1(requests.join(""));
        for (const [at, byte] of changed) bytes[at % bytes.length] = byte;
        const sent = bytes.subarray(0, bytes.length - lost);
        const at = [
          0,
          ...cuts.map((cut) => Math.floor(cut * sent.length)).toSorted((a, b) => a - b),
          sent.length,
        ];
        const pieces = at.slice(1).map((end, index) => sent.subarray(at[index], end));
        const [answer, reference] = await both(pieces);
        seen += quickened;
        if (answer !== reference) await compare(answers(answer), answers(reference), sent);
      }),
      { numRuns: 400 },
    );
    expect(seen).toBeGreaterThan(100);
  });
});

describe("who asks without reading", () => {
  it("gets every answer in order once it reads, and does not fill the memory before", async () => {
    const page = "x".repeat(20_000);
    const answer = `HTTP/1.1 200 OK\r\nContent-Length: ${page.length + 5}\r\n\r\n`;
    let count = 0;
    const numbered = () => String(count++).padStart(5, "0");
    const { address } = await house.for("large").open("127.0.0.1:0", {
      request: (request, response) =>
        void response.end(`${page}${request.url === "/" ? numbered() : "final"}`),
      quick: ({ target }) => (target === "/" ? `${answer}${page}${numbered()}` : undefined),
    });
    const socket = createConnection(Number(address.split(":")[1]), "127.0.0.1").pause();
    await once(socket, "connect");
    const asked = 2_000;
    socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(asked));
    // The last request comes in two pieces, so the connection changes lanes while answers are still unread.
    socket.write("GET /fin");
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(count).toBeLessThan(asked / 2);
    socket.write("al HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    let received = "";
    socket
      .setEncoding("latin1")
      .on("data", (chunk) => (received += chunk))
      .resume();
    await once(socket, "close");
    const numbers = received
      .split(page)
      .slice(1)
      .map((text) => text.slice(0, 5));
    expect(numbers).toEqual([
      ...Array.from({ length: asked }, (_, at) => String(at).padStart(5, "0")),
      "final",
    ]);
  });
});

describe("the pattern of a header line", () => {
  it("takes no longer for long runs of blanks", async () => {
    const head = `GET / HTTP/1.1\r\nhost: a\r\nx: y${" ".repeat(8_000)}z\0\r\n\r\n`;
    const began = performance.now();
    for (let round = 0; round < 5; round++) await exchange(fast, [latin1(head.replace("x:", `x${round}:`))]);
    expect(performance.now() - began).toBeLessThan(500);
  });
});
