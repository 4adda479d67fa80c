import { exchange, parseResponse, type RawResponse } from "./raw-http.ts";

export interface Asked {
  /** Default: `example.com`. */
  readonly host?: string;
  /** Default: GET. */
  readonly method?: string;
  /** More header lines, by name. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Asks for a target exactly as it is given, one character for each byte. */
export async function ask(port: number, target: string, asked: Asked = {}): Promise<RawResponse> {
  const { host = "example.com", method = "GET", headers = {} } = asked;
  const lines = Object.entries({ host, ...headers, connection: "close" }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return parseResponse(await exchange(port, `${method} ${target} HTTP/1.1\r\n${lines.join("")}\r\n`));
}

/** Where a request is sent, with the status: `301 /new`; the status alone for what is no redirect. */
export async function sentTo(port: number, target: string, host?: string): Promise<string> {
  const { status, headers } = await ask(port, target, host === undefined ? {} : { host });
  return [status, headers["location"]].filter(Boolean).join(" ");
}
