import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Tidy } from "./tidy.ts";

/** An application behind a proxy. */
export interface App {
  readonly server: Server;
  readonly port: number;
  readonly url: string;
  /** Every connection that was made to it. */
  readonly connections: Socket[];
}

/** What `echo` says about a request. */
export interface Echoed {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** Names and values as they came, one after the other. */
  readonly raw: readonly string[];
  readonly body: string;
}

/** Starts an HTTP server on a port of loopback, by default a free one. It is closed in the end. */
export async function startApp(tidy: Tidy, answer: RequestListener = echo, at = 0): Promise<App> {
  const connections: Socket[] = [];
  const server = createServer(answer).on("connection", (socket) => void connections.push(socket));
  await new Promise<void>((resolve) => server.listen(at, "127.0.0.1", resolve));
  tidy.later(async () => {
    for (const socket of connections) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return { server, port, url: `http://127.0.0.1:${port}`, connections };
}

/** Tells what it was asked, with the status that the path ends in, if any. */
export const echo: RequestListener = (request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const { method = "", url = "", headers, rawHeaders: raw } = request;
    const body = Buffer.concat(chunks).toString("latin1");
    response.statusCode = Number(/\/([1-5]\d\d)$/.exec(url)?.[1] ?? 200);
    response.setHeader("content-type", "application/json");
    // All texts hold one character for each byte.
    response.end(JSON.stringify({ method, url, headers, raw, body } satisfies Echoed), "latin1");
  });
};
