import { z } from "zod";
import { Secret } from "../core/secret.ts";

const DURATION = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;
const DURATION_PIECE = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g;
const MILLISECONDS: Record<string, number> = { ms: 1, s: 1e3, m: 60e3, h: 3_600e3, d: 86_400e3 };

/** What a timer can hold, in milliseconds; it is a little more than 24 days. */
const LONGEST = 2 ** 31 - 1;

/** A span of time with its unit: `150ms`, `5s`, `1h30m`. Parsed to milliseconds. */
export function duration(bounds: { min?: number } = {}) {
  const { min = 0 } = bounds;
  return z
    .string({ error: 'expected a duration with its unit, such as "5s" or "1m30s"' })
    .regex(DURATION, {
      error: (issue) => `"${issue.input}" is no duration, write a number and ms, s, m, h or d: "5s"`,
    })
    .transform(milliseconds)
    .refine((ms) => ms >= min, { error: `is too short, write ${min}ms or more` })
    .refine((ms) => ms <= LONGEST, { error: "is too long, write 24d or less" })
    .meta({ title: "duration" });
}

function milliseconds(text: string): number {
  let sum = 0;
  for (const [, number, unit] of text.matchAll(DURATION_PIECE)) sum += Number(number) * MILLISECONDS[unit!]!;
  return sum;
}

const SIZE = /^(\d+(?:\.\d+)?)(B|KB|MB|GB|KiB|MiB|GiB)$/;
const BYTES: Record<string, number> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};

/** An amount of data with its unit: `500KB`, `1MiB`. Parsed to bytes. */
export function size() {
  return z
    .string({ error: 'expected a size with its unit, such as "1MB"' })
    .regex(SIZE, {
      error: (issue) => `"${issue.input}" is no size, write a number and B, KB, MB, GB, KiB, MiB or GiB`,
    })
    .transform((text) => {
      const [, number, unit] = SIZE.exec(text)!;
      return Math.round(Number(number) * BYTES[unit!]!);
    })
    .meta({ title: "size" });
}

const HOST_PORT = /^(?:\[([0-9A-Fa-f:.%a-z]+)\]|([^\s:[\]]*)):(\d{1,5})$/;

/** Where to listen: `host:port`, `:port` for every interface, `[v6]:port`, or `unix:/path`. */
export function address() {
  return z
    .string({ error: 'expected an address, such as "127.0.0.1:8080" or ":8080"' })
    .refine(isAddress, {
      error: (issue) => `"${issue.input}" is no address, write host:port, :port, [v6]:port or unix:/path`,
    })
    .meta({ title: "address" });
}

function isAddress(text: string): boolean {
  if (text.startsWith("unix:")) return text.length > 5;
  const match = HOST_PORT.exec(text);
  return match !== null && Number(match[3]) <= 65_535;
}

/** An address in pieces; without a host it means every interface. */
export type Listen = { readonly path: string } | { readonly host: string | undefined; readonly port: number };

/** Takes an address that `address()` accepted apart. */
export function splitAddress(text: string): Listen {
  if (text.startsWith("unix:")) return { path: text.slice(5) };
  const match = HOST_PORT.exec(text);
  if (!match) throw new TypeError(`"${text}" is no address`);
  return { host: match[1] ?? (match[2] || undefined), port: Number(match[3]) };
}

/** Whether two addresses cannot both be opened: `:8080` is every interface, so `127.0.0.1:8080` is part of it. */
export function overlap(one: string, other: string): boolean {
  const a = splitAddress(one);
  const b = splitAddress(other);
  if ("path" in a || "path" in b) return one === other;
  // Port 0 is always a free one.
  if (a.port !== b.port || a.port === 0) return false;
  const every = [undefined, "0.0.0.0", "::"];
  return a.host === b.host || every.includes(a.host) || every.includes(b.host);
}

/** Whether only this machine can reach the address. */
export function isLoopback(text: string): boolean {
  const listen = splitAddress(text);
  if ("path" in listen) return true;
  return /^(127\.\d+\.\d+\.\d+|::1|localhost)$/.test(listen.host ?? "");
}

/** A text that must never be shown: never logged, never returned by the API. */
export function secret() {
  return (
    z
      .string({ error: ({ input }) => (input === undefined ? "write a text" : "expected a text") })
      .min(1, { error: "is empty" })
      .transform((text) => new Secret(text))
      // A form shows dots, and nobody is told what it is.
      .meta({ title: "secret", format: "password", writeOnly: true })
  );
}

/** An absolute URL with one of the given schemes (default: http and https). Those of HTTP lose a trailing slash. */
export function url(schemes: readonly string[] = ["http", "https"]) {
  const wanted = `${schemes.map((scheme) => `${scheme}://`).join(" or ")}…`;
  return (
    z
      .string({ error: `expected a URL, ${wanted}` })
      .refine((text) => URL.canParse(text) && schemes.includes(new URL(text).protocol.slice(0, -1)), {
        error: (issue) => `"${issue.input}" is no URL, write ${wanted}`,
      })
      // In other schemes the path may be a name in which slashes count, such as the virtual host of AMQP.
      .transform((text) => (/^https?:/i.test(text) ? text.replace(/\/+$/, "") : text))
      .meta({ title: "url" })
  );
}

/** An object of which exactly one key is given: the drivers of `from` and `to`. */
export function oneOf<S extends z.ZodRawShape>(shape: S) {
  const names = Object.keys(shape);
  const optional: unknown = Object.fromEntries(
    names.map((name) => [name, (shape[name] as z.ZodType).optional()]),
  );
  return (
    z
      .strictObject(optional as { [K in keyof S]: z.ZodOptional<S[K]> })
      .refine((value) => Object.values(value).filter((given) => given !== undefined).length === 1, {
        error: `give exactly one of ${names.join(", ")}`,
      })
      // Editors and forms know it by this.
      .meta({ minProperties: 1, maxProperties: 1 })
  );
}
