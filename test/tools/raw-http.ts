import { exchange as exchangeBytes } from "./tcp.ts";

/** A response as it stood on the wire; texts hold one character for each byte. */
export interface RawResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends the bytes of a request, one for each character, and collects the answer until the server closes. */
export async function exchange(port: number, request: string): Promise<string> {
  const { text } = await exchangeBytes({ port, send: Buffer.from(request, "latin1") });
  return text;
}

/** As `exchange`, for one request: the answer, taken apart. */
export async function ask(port: number, request: string): Promise<RawResponse> {
  return parseResponse(await exchange(port, request));
}

/** Takes a response apart. Of doubled headers the last one stays. */
export function parseResponse(text: string): RawResponse {
  const end = text.indexOf("\r\n\r\n");
  const [first = "", ...lines] = text.slice(0, end).split("\r\n");
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const body = text.slice(end + 4);
  return {
    status: Number(first.split(" ")[1]),
    headers,
    body: headers["transfer-encoding"] === "chunked" ? dechunk(body) : body,
  };
}

function dechunk(text: string): string {
  let body = "";
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf("\r\n", at);
    const size = Number.parseInt(text.slice(at, end), 16);
    body += text.slice(end + 2, end + 2 + size);
    at = end + 4 + size;
    if (size === 0) break;
  }
  return body;
}
