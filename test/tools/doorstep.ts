import { once } from "node:events";
import { type Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { createConnection } from "node:net";
import type { HttpTenant, Tenancy, Tenant } from "../../src/core/doors.ts";
import { House, type HouseOptions } from "../../src/wire/doors.ts";
import { Tidy } from "./tidy.ts";
import { until } from "./until.ts";

export const tidy = new Tidy();

export const { signal: never } = new AbortController();
export const now = AbortSignal.abort();

export function house(options: HouseOptions = {}) {
  const made = new House(options);
  tidy.later(() => made.close(now));
  return made;
}

/** Answers every request with its text; with a fast lane if it shall. */
export function says(
  text: string,
  { hosts, quick = false }: { hosts?: string[]; quick?: boolean } = {},
): HttpTenant {
  const answer = `HTTP/1.1 200 OK\r\ncontent-length: ${text.length}\r\n\r\n${text}`;
  return {
    ...(hosts && { hosts }),
    request: (_, response) => void response.end(text),
    ...(quick && { quick: () => answer }),
  };
}

export interface Answer {
  readonly status: number | undefined;
  readonly text: string;
}

export async function bodyOf(response: IncomingMessage): Promise<Answer> {
  let text = "";
  for await (const chunk of response.setEncoding("latin1")) text += chunk;
  return { status: response.statusCode, text };
}

export async function get(
  address: string,
  { host, agent }: { host?: string; agent?: HttpAgent } = {},
): Promise<Answer> {
  const url = new URL(`http://${address}/`);
  const sent = httpRequest({
    host: url.hostname,
    port: url.port,
    ...(host && { headers: { host } }),
    agent: agent ?? false,
  });
  sent.end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  return bodyOf(response);
}

/** A bare connection that remembers what it received. */
export async function connect(address: string) {
  const { port } = new URL(`http://${address}/`);
  const socket = createConnection(Number(port), "127.0.0.1").on("error", () => {});
  tidy.later(() => void socket.destroy());
  let received = "";
  socket.setEncoding("latin1").on("data", (chunk) => (received += chunk));
  const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()));
  await once(socket, "connect");
  return { socket, closed, received: () => received };
}

/** A tenant that answers HTTP or whole connections when the test says so. */
export function held(kind: "request" | "socket", text: string) {
  let waiting: { end(text: string): unknown } | undefined;
  const take = (whom: { end(text: string): unknown }) => {
    waiting = whom;
  };
  const tenant: Tenant = kind === "request" ? { request: (_, response) => take(response) } : { socket: take };
  return {
    tenant,
    taken: () => until("something was taken", () => waiting),
    answer: () => waiting?.end(text),
  };
}

export const open = (
  where: House,
  tenant: Tenant,
  address = "127.0.0.1:0",
  owner = "web",
): Promise<Tenancy> => where.for(owner).open(address, tenant);
