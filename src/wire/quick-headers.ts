import type { Socket } from "node:net";
import { type ForwardOptions, requestHeaders } from "./proxy-headers.ts";
import { trimmed } from "./quick-head.ts";

/** The headers with which requests of the fast lane go on. A client repeats its headers, so what they became is kept. */
export class QuickHeaders {
  readonly #options: ForwardOptions;
  readonly #known = new WeakMap<Socket, { readonly block: string; readonly headers: string[] }>();

  constructor(options: ForwardOptions) {
    this.#options = options;
  }

  /** @param block the header lines as received */
  of(client: Socket, block: string): string[] {
    const known = this.#known.get(client);
    if (known?.block === block) return known.headers;
    const incoming = { url: "/", rawHeaders: flat(block), remoteAddress: client.remoteAddress };
    const headers = requestHeaders(incoming, this.#options);
    this.#known.set(client, { block, headers });
    return headers;
  }
}

function flat(block: string): string[] {
  return block.split("\r\n").flatMap((line) => {
    const colon = line.indexOf(":");
    return colon < 0 ? [] : [line.slice(0, colon), trimmed(line.slice(colon + 1))];
  });
}
