import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, createConnection, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { House } from "./doors.ts";
import { HttpProxy } from "./http-proxy.ts";

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
});

/** An upstream, and a door in front of it: through the fast lane, or through the full server alone. */
async function fronted(answer: RequestListener, lane: "fast" | "full" = "fast") {
  const upstream = createServer(answer);
  await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
  undo.push(() => stop(upstream));
  const { port } = upstream.address() as AddressInfo;
  const proxy = new HttpProxy({
    url: `http://127.0.0.1:${port}/base`,
    timeout: 5_000,
    connectTimeout: 1_000,
    host: "keep",
    trustForwarded: false,
  });
  const house = new House();
  const tenancy = await house.for("test").open("127.0.0.1:0", {
    request: (request, response) => proxy.forward(request, response),
    ...(lane === "fast" && { quick: (request) => proxy.relay(request) }),
  });
  undo.push(
    () => house.close(AbortSignal.abort()),
    () => proxy.destroy(),
  );
  return { port: Number(tenancy.address.split(":")[1]), tenancy, upstream, proxy };
}

function stop(server: Server): Promise<unknown> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
}

function dial(port: number): Socket {
  const socket = createConnection(port, "127.0.0.1").on("error", () => {});
  undo.push(() => socket.destroy());
  return socket;
}

const ask = (path: string, more = "", method = "GET") =>
  `${method} ${path} HTTP/1.1\r\nHost: shop.example\r\n${more}\r\n`;

/** Sends requests at once, the last of which wants to close, and gathers everything. */
async function told(port: number, text: string): Promise<string> {
  const socket = dial(port);
  socket.write(text);
  let all = "";
  socket.setEncoding("latin1").on("data", (chunk) => (all += chunk));
  await once(socket, "close");
  return all;
}

/** What both lanes have to agree about: everything but the date and how the connection is spoken about. */
const essence = (text: string) => text.replace(/^(?:date|connection|keep-alive):.*\r\n/gim, "").toLowerCase();

const close = "Connection: close\r\n";
const sized: RequestListener = (request, response) => {
  response.writeHead(200, { "content-length": 5, "x-path": request.url });
  response.end("hello");
};
const pieces: RequestListener = (_, response) => {
  response.write("hel");
  response.end("lo");
};
const empty =
  (status: number): RequestListener =>
  (_, response) => {
    response.writeHead(status).end();
  };

describe("requests that the fast lane passes on", () => {
  it.each<[string, RequestListener, string]>([
    ["a body with its length", sized, ask("/a?b=c", close)],
    ["a body in pieces", pieces, ask("/", close)],
    ["no body", empty(204), ask("/", close)],
    ["not modified", empty(304), ask("/", close)],
    ["HEAD with a length", sized, ask("/", close, "HEAD")],
    ["HEAD without one", pieces, ask("/", close, "HEAD")],
    ["several at once", sized, ask("/1") + ask("/2", "", "HEAD") + ask("/3", close)],
    [
      "headers for and from the upstream",
      (request, response) => {
        const { host, via, ...forwarded } = request.headers;
        const seen = { host, via, forwarded: forwarded["x-forwarded-for"], said: forwarded["x-said"] };
        response.writeHead(200, { "x-seen": JSON.stringify(seen), "set-cookie": ["a=1", "b=2"] }).end();
      },
      ask("/", `X-Said:  two  words \r\nX-Forwarded-For: 6.6.6.6\r\n${close}`),
    ],
  ])("are answered as by the full server: %s", async (_, upstream, text) => {
    const fast = await fronted(upstream);
    const full = await fronted(upstream, "full");
    expect(essence(await told(fast.port, text))).toBe(essence(await told(full.port, text)));
  });

  it("leave what comes after the last one unanswered", async () => {
    const { port } = await fronted(sized);
    const answers = await told(port, ask("/1", close) + ask("/2"));
    expect(answers.match(/x-path: .*/g)).toEqual(["x-path: /base/1"]);
  });

  it("share kept-alive connections to the upstream", async () => {
    let connections = 0;
    const { port, upstream } = await fronted(sized);
    upstream.on("connection", () => connections++);
    await told(port, ask("/").repeat(20) + ask("/", close));
    // The client lets a connection rest for one turn of the event loop, so two take turns.
    expect(connections).toBeLessThanOrEqual(2);
  });

  it("are sent once more when a kept-alive connection was being closed", async () => {
    let served = 0;
    const { port, proxy } = await fronted((request, response) => {
      // The second request finds its connection cut, as if it had been closed while it was idle.
      if (++served === 2) request.socket.destroy();
      else sized(request, response);
    });
    const answers = await told(port, ask("/1") + ask("/2", close));
    expect(answers.match(/HTTP\/1\.1 200/g)).toHaveLength(2);
    expect([served, proxy.failed]).toEqual([3, 0]);
  });

  it("get 502 with the reason when nobody is there, and the connection goes on", async () => {
    const { port, upstream } = await fronted(sized);
    await stop(upstream);
    const answers = await told(port, ask("/1") + ask("/2", close));
    expect(answers.match(/HTTP\/1\.1 502 Bad Gateway/g)).toHaveLength(2);
    expect(answers).toContain("cannot be reached: ECONNREFUSED");
  });

  it("get 502 when the proxy itself has been closed, one after the other", async () => {
    const { port, proxy } = await fronted(sized);
    await proxy.destroy();
    const answers = await told(port, ask("/1") + ask("/2", close));
    expect(answers.match(/HTTP\/1\.1 502 Bad Gateway/g)).toHaveLength(2);
  });

  it("are cut when the upstream breaks off: half an answer must not look whole", async () => {
    const { port } = await fronted((_, response) => {
      response.writeHead(200, { "content-length": 100 });
      response.write("half");
      response.socket?.end();
    });
    const answer = await told(port, ask("/"));
    expect(answer).toMatch(/half$/);
  });

  it("end at the upstream when the caller goes away", async () => {
    const gone = new Promise((resolve) => {
      void fronted((request, response) => {
        response.write("begun");
        request.socket.on("close", resolve);
      }).then(async ({ port }) => {
        const socket = dial(port);
        socket.write(ask("/"));
        await once(socket, "data");
        socket.destroy();
      });
    });
    await gone;
  });

  it("wait for a caller that reads slowly, and lose nothing", async () => {
    const size = 32 * 2 ** 20;
    let written = 0;
    const { port } = await fronted((_, response) => {
      response.writeHead(200, { "content-length": size });
      const more = () => {
        while (written < size) {
          written += 65_536;
          if (!response.write(Buffer.alloc(65_536, "x"))) return void response.once("drain", more);
        }
        response.end();
      };
      more();
    });
    const socket = dial(port);
    socket.write(ask("/", close));
    await once(socket, "readable");
    expect(written).toBeLessThan(size);
    let received = 0;
    socket.on("data", (chunk: Buffer) => (received += chunk.length));
    await once(socket, "end");
    expect(received).toBeGreaterThan(size);
  });

  it("are answered before the tenant has left", async () => {
    let finish = () => {};
    const { port, tenancy } = await fronted((_, response) => {
      response.write("hel");
      finish = () => response.end("lo");
    });
    const socket = dial(port);
    socket.write(ask("/"));
    await once(socket, "data");
    let left = false;
    const leaving = tenancy.leave(new AbortController().signal).then(() => (left = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(left).toBe(false);
    const rest = once(socket, "data");
    finish();
    expect(String((await rest)[0])).toContain("lo");
    await leaving;
  });
});
