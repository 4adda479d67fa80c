import { escapedPath, pathOf } from "../../../wire/request-target.ts";

const PARTS = /^(?:([a-z][a-z\d+.-]*):)?(?:\/\/(?:([^/?#@]*)@)?([^/?#]*))?([^?#]*)(?:\?([^#]*))?/i;

/** A URL whose parts can be changed one by one, written as Go writes it: dots and order stay as they are. */
export class GoUrl {
  scheme: string;
  /** With its port, if it has one. */
  host: string;
  /** What follows the question mark, as it was written. */
  query: string;
  readonly #user: string | undefined;
  #path: string;

  constructor(text: string) {
    const [, scheme = "", user, host = "", path = "", query = ""] = PARTS.exec(text) ?? [];
    this.scheme = scheme.toLowerCase();
    this.host = host;
    this.query = query;
    this.#user = user;
    this.#path = path;
  }

  /** Without escapes. */
  get path(): string {
    return unescaped(this.#path);
  }

  set path(text: string) {
    this.#path = pathOf(text);
  }

  toString(): string {
    const path = escapedPath(this.#path);
    const slash = path === "" || path.startsWith("/") ? "" : "/";
    const user = this.#user === undefined ? "" : `${this.#user}@`;
    return `${this.scheme}://${user}${this.host}${slash}${path}${this.query === "" ? "" : `?${this.query}`}`;
  }
}

/** The values of a query by name. Pairs with a semicolon or a broken escape are left out. Source: `url.ParseQuery`. */
export function parsedQuery(query: string): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const pair of query.split("&")) {
    if (pair === "" || pair.includes(";") || /%(?![0-9a-fA-F]{2})/.test(pair)) continue;
    const cut = pair.indexOf("=");
    const [name, value] = cut < 0 ? [pair, ""] : [pair.slice(0, cut), pair.slice(cut + 1)];
    const key = unescaped(name.replaceAll("+", " "));
    values.set(key, [...(values.get(key) ?? []), unescaped(value.replaceAll("+", " "))]);
  }
  return values;
}

/** A query in the order of its names. Source: `url.Values.Encode`. */
export function writtenQuery(values: ReadonlyMap<string, readonly string[]>): string {
  const names = [...values.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return names
    .flatMap((name) => values.get(name)!.map((value) => `${queryEscaped(name)}=${queryEscaped(value)}`))
    .join("&");
}

/** Source: `url.QueryEscape`. */
export function queryEscaped(text: string): string {
  return encodeURIComponent(Buffer.from(text).toString("utf8"))
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%20", "+");
}

function unescaped(text: string): string {
  return text.replace(/(?:%[0-9a-fA-F]{2})+/g, (run) =>
    Buffer.from(run.replaceAll("%", ""), "hex").toString("utf8"),
  );
}
