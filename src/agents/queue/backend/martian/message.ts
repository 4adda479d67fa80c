import type { Incoming, Outgoing } from "../exchange.ts";
import { GoUrl } from "../go-url.ts";
import { canonical, first, type Headers } from "../headers.ts";
import { MessageError } from "./errors.ts";

/** Headers that may be changed, by names in any spelling. Source: `proxyutil.Header` of Martian. */
export class Fieldset {
  #headers: Record<string, readonly string[]>;

  constructor(headers: Headers) {
    this.#headers = { ...headers };
  }

  all(name: string): readonly string[] {
    return this.#headers[canonical(name)] ?? [];
  }

  get(name: string): string {
    return this.all(name)[0] ?? "";
  }

  set(name: string, value: string): void {
    const key = canonical(name);
    if (key === "Content-Length" && !/^[+-]?\d+$/.test(value))
      throw new MessageError(`"${value}" is no Content-Length`);
    this.#headers[key] = [value];
  }

  add(name: string, value: string): void {
    const key = canonical(name);
    if (key === "Content-Length") {
      if (Number(this.get(key)) > 0) throw new MessageError("illegal header multiple: Content-Length");
      this.set(key, value);
    } else this.#headers[key] = [...this.all(key), value];
  }

  delete(name: string): void {
    delete this.#headers[canonical(name)];
  }

  /** A copy. */
  toHeaders(): Headers {
    return { ...this.#headers };
  }
}

/** A request that modifiers change. */
export class Sent {
  readonly method: string;
  readonly fields: Fieldset;
  body: Buffer;
  readonly #text: string;
  #hosted: boolean;
  #url: GoUrl | undefined;

  constructor({ method, url, headers, body }: Outgoing) {
    this.method = method;
    this.fields = new Fieldset(headers);
    this.body = body;
    this.#text = url;
    this.#hosted = first(headers, "Host") !== undefined;
  }

  get url(): GoUrl {
    this.#url ??= new GoUrl(this.#text);
    return this.#url;
  }

  /** The Host header: that of the URL, until somebody sets another. */
  get host(): string {
    return this.#hosted ? this.fields.get("Host") : this.url.host;
  }

  set host(host: string) {
    this.#hosted = true;
    if (host === "") this.fields.delete("Host");
    else this.fields.set("Host", host);
  }

  /** The Host stays what it is now, whatever becomes of the URL. */
  keepHost(): void {
    const { host } = this;
    this.host = host;
  }

  outgoing(): Outgoing {
    const url = this.#url === undefined ? this.#text : this.#url.toString();
    return { method: this.method, url, headers: this.fields.toHeaders(), body: this.body };
  }
}

/** A response that modifiers change, and the request that it answers. */
export class Received {
  status: number;
  readonly fields: Fieldset;
  body: Buffer;
  readonly sent: Sent;

  constructor({ status, headers, body }: Incoming, sent: Sent) {
    this.status = status;
    this.fields = new Fieldset(headers);
    this.body = body;
    this.sent = sent;
  }

  incoming(): Incoming {
    return { status: this.status, headers: this.fields.toHeaders(), body: this.body };
  }
}
