import type { Service } from "./service.ts";
import { type State, serves, standingOf } from "./state.ts";

const REQUEST_LINE = /^(GET|HEAD|OPTIONS|POST) (\S+) HTTP\/1\.[01]\r?\n/;

/** Whether what was received so far can only be HTTP. */
export function isHttp(text: string): boolean {
  return /^(?:GET|HEAD|OPTIONS|POST) \//.test(text);
}

/** `/be/s1` asks for the service `be/s1`, `/` for the default one. */
export function servicePath(head: string): string {
  const path = REQUEST_LINE.exec(head)?.[2]?.split("?")[0]?.replace(/^\/+/, "") ?? "";
  try {
    return decodeURIComponent(path) || "*";
  } catch {
    return path;
  }
}

/**
 * The answer over HTTP: the words stand in the status line's reason phrase, where HAProxy finds them when
 * `agent-send` is an HTTP request; people and probes get a status code and JSON.
 */
export function httpAnswer(head: string, service: Service | undefined): Buffer {
  const state = service?.said;
  if (!service || !state) return message(404, "unknown service", { error: "there is no such service" }, head);
  const words = service.line.toString("latin1").replace(/[\r\n]+$/, "");
  return message(serves(state) ? 200 : 503, words, describe(service.name, state), head);
}

function describe(service: string, state: State): object {
  const { health, admin } = standingOf(state.status);
  return { service, ...state, health, admin };
}

function message(status: number, phrase: string, body: object, head: string): Buffer {
  const json = `${JSON.stringify(body)}\n`;
  const lines = [
    `HTTP/1.1 ${status} ${phrase}`,
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(json)}`,
    "Cache-Control: no-store",
    "Connection: close",
  ];
  const answered = Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
  return head.startsWith("HEAD ") ? answered : Buffer.concat([answered, Buffer.from(json)]);
}
