import { type ServerResponse, STATUS_CODES } from "node:http";
import { httpDate } from "../../wire/http-date.ts";
import type { Answer } from "./answer.ts";

/** Sends an answer over a full HTTP server. */
export function send(response: ServerResponse, method: string, answer: Answer): void {
  const body = typeof answer.body === "string" ? Buffer.from(answer.body, "latin1") : answer.body;
  for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value);
  // Without a body the peer sends no length either; with one, a HEAD request still learns how long it would be.
  if (body !== undefined) response.setHeader("content-length", body.length);
  response.writeHead(answer.status);
  response.end(method === "HEAD" ? undefined : body);
}

/** A whole HTTP/1.1 response, for where there is a socket and no server; only the date is still missing. */
export interface Rendered {
  readonly before: string;
  readonly after: string;
}

export function render({ status, headers, body }: Answer, keepAlive: boolean): Rendered {
  let before = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n`;
  for (const name in headers) before += `${name}: ${headers[name]}\r\n`;
  if (body !== undefined) before += `content-length: ${body.length}\r\n`;
  if (!keepAlive) before += "connection: close\r\n";
  return {
    before: `${before}date: `,
    after: typeof body === "string" ? body : (body?.toString("latin1") ?? ""),
  };
}

/** With the date of this moment. */
export function dated({ before, after }: Rendered): string {
  return `${before}${httpDate()}\r\n\r\n${after}`;
}

/** An answer as the bytes of a whole response. */
export function rendered(answer: Answer, keepAlive: boolean): string {
  return dated(render(answer, keepAlive));
}
