import { type GoUrl, parsedQuery, writtenQuery } from "../go-url.ts";
import { MessageError } from "./errors.ts";
import type { Fields } from "./fields.ts";
import { regexOf } from "./headers.ts";
import type { Sent } from "./message.ts";
import { filter, filterOnly, type Maker, ofRequest } from "./modifier.ts";

const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: "80", https: "443" };

/** Modifiers and filters of the URL, its query and its port, by name. */
export const urlModifiers: Readonly<Record<string, Maker>> = {
  "url.Modifier": (fields) => {
    const parts = partsOf(fields);
    return { request: (sent) => replace(sent, parts) };
  },
  "url.Filter": (fields, read) => {
    const parts = partsOf(fields);
    return filter(
      fields,
      read,
      ofRequest(({ url }) => isEqual(url, parts)),
    );
  },
  "url.RegexFilter": (fields, read) => {
    const matches = regexOf(fields);
    return filter(
      fields,
      read,
      ofRequest(({ url }) => matches(url.toString())),
    );
  },
  "querystring.Modifier": (fields) => {
    const [name, value] = [fields.text("name"), fields.text("value")];
    return {
      request: ({ url }) => {
        url.query = writtenQuery(parsedQuery(url.query).set(name, [value]));
      },
    };
  },
  "querystring.Filter": (fields, read) => {
    const [name, value] = [fields.text("name"), fields.text("value")];
    const holds = ({ url }: Sent) => {
      const values = parsedQuery(url.query).get(name);
      return values !== undefined && (value === "" || values.includes(value));
    };
    return filter(fields, read, ofRequest(holds));
  },
  "port.Modifier": (fields) => {
    const port = portOf(fields);
    return { request: (sent) => usePort(sent, port) };
  },
  "port.Filter": (fields, read) => {
    const port = String(fields.whole("port"));
    const holds = ({ url }: Sent) => (splitHost(url.host)[1] ?? DEFAULT_PORTS[url.scheme]) === port;
    return filterOnly(fields, read, ofRequest(holds));
  },
};

type Parts = Readonly<Record<"scheme" | "host" | "path" | "query", string>>;

/** Parts that are not given are empty and mean nothing. */
function partsOf(fields: Fields): Parts {
  const [scheme, host] = [fields.text("scheme"), fields.text("host")];
  return { scheme, host, path: fields.text("path"), query: fields.text("query") };
}

function replace(sent: Sent, { scheme, host, path, query }: Parts): void {
  const { url } = sent;
  if (scheme !== "") url.scheme = scheme;
  if (host !== "") {
    // The peer changes where the request goes, not the Host it carries.
    sent.keepHost();
    url.host = host;
  }
  if (path !== "") url.path = path;
  if (query !== "") url.query = query;
}

function isEqual(url: GoUrl, { scheme, host, path, query }: Parts): boolean {
  if (scheme !== "" && scheme !== url.scheme) return false;
  if (host !== "" && !isHost(url.host, host)) return false;
  return (path === "" || path === url.path) && (query === "" || query === url.query);
}

/** `*` stands for anything within one label. Source: `MatchHost` of Martian. */
function isHost(host: string, pattern: string): boolean {
  const labels = pattern.split("*").map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return host !== "" && new RegExp(`^${labels.join("[^.]*")}$`).test(host);
}

/** A number, the one of the scheme, or none. Throws BlockError for none or several of them. */
function portOf(fields: Fields): number | "default" | "none" {
  const port = fields.whole("port");
  const given = [port !== 0, fields.flag("defaultForScheme"), fields.flag("remove")];
  if (given.filter(Boolean).length !== 1)
    throw fields.error("needs exactly one of port, defaultForScheme, remove");
  return given[0] ? port : given[1] ? "default" : "none";
}

function usePort(sent: Sent, port: number | "default" | "none"): void {
  const { url } = sent;
  const [name] = splitHost(url.host);
  const wanted = port === "default" ? DEFAULT_PORTS[url.scheme] : String(port);
  if (wanted === undefined) throw new MessageError(`unknown scheme: ${url.scheme}`);
  url.host = port === "none" ? name : `${name}:${wanted}`;
  sent.host = url.host;
}

function splitHost(host: string): [name: string, port: string | undefined] {
  const [, name = host, port] = /^(\[.*\]|[^:]*)(?::(\d*))?$/.exec(host) ?? [];
  return [name, port];
}
