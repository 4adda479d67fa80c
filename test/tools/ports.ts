import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createServer, type Server, type Socket } from "node:net";
import type { Tidy } from "./tidy.ts";

/** Below the ports that Linux gives to outgoing connections, which would take one of ours between two starts of a server. */
const FIRST = 10_000;
/** So many for each of the processes that run tests side by side, so that they do not meet. */
const EACH = 2_750;
const base = FIRST + (Number(process.env["VITEST_POOL_ID"] ?? 0) % 8) * EACH;
let next = Math.floor(Math.random() * EACH);

/** A port that nobody listens on now, nor will until it is used, for programs that cannot be told to take any. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < EACH; tries++) {
    const port = base + (next++ % EACH);
    if (await isFree(port)) return port;
  }
  throw new Error(`no port is free from ${base} on`);
}

/** On every address, as some servers listen on all. */
async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const bound = await new Promise<boolean>((resolve) => {
    server.on("error", () => resolve(false)).listen(port, () => resolve(true));
  });
  if (bound) await new Promise((resolve) => server.close(resolve));
  return bound;
}

/** Listens on a free port of loopback until the end. @returns the port */
export async function serve(tidy: Tidy, connected: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
    connected(socket);
  });
  tidy.later(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return listen(server);
}

/** Answers HTTP on a free port of loopback until the end. @returns the URL, without a path */
export async function serveHttp(tidy: Tidy, answer: RequestListener): Promise<string> {
  const server = createHttpServer(answer);
  tidy.later(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${await listen(server)}`;
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      if (address === null || typeof address === "string") reject(new Error("no port"));
      else resolve(address.port);
    });
  });
}
