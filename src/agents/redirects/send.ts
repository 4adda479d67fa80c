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

/** An answer as the bytes of a whole HTTP/1.1 response, for where there is a socket and no server. */
export function rendered({ status, headers, body }: Answer, keepAlive: boolean): string {
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n`;
  for (const name in headers) text += `${name}: ${headers[name]}\r\n`;
  if (body !== undefined) text += `content-length: ${body.length}\r\n`;
  if (!keepAlive) text += "connection: close\r\n";
  text += `date: ${httpDate()}\r\n\r\n`;
  return text + (typeof body === "string" ? body : (body?.toString("latin1") ?? ""));
}
