import type { Answer, Call } from "../call.ts";
import { canonical, type Headers } from "../headers.ts";
import { type Json, type JsonObject, LosslessNumber } from "../json.ts";

/** A value of JSON. A whole number that a double cannot hold is a bigint. */
export type PlainJson =
  | null
  | boolean
  | string
  | number
  | bigint
  | PlainJson[]
  | { [key: string]: PlainJson };

/** What `request(call, options)` gets. */
export interface PlainCall {
  readonly method: string;
  readonly path: string;
  /** Empty until a backend has chosen its host. */
  readonly url: string;
  readonly query: Record<string, string[]>;
  readonly params: Record<string, string>;
  /** By canonical name, such as `Content-Type`. */
  readonly headers: Record<string, string[]>;
  readonly body: Uint8Array;
  /** The event as it came; changing it means nothing. */
  readonly event: unknown;
}

/** What `response(answer, options)` gets. */
export interface PlainAnswer {
  readonly data?: { [key: string]: PlainJson };
  readonly complete: boolean;
  readonly status: number;
  readonly headers: Record<string, string[]>;
  /** The body of encoding `no-op`. */
  readonly body?: Uint8Array;
}

/** What a function returns: the fields that change, or nothing. Headers may be single texts, a body may be a text. */
export type Changed<T> = {
  [K in keyof T]?: K extends "headers"
    ? Record<string, string | string[]>
    : K extends "body"
      ? Uint8Array | string
      : T[K];
};

export function plainCall(call: Call): object {
  const { method, path, url, query, params, headers, body, event } = call;
  return { method, path, url, query, params, headers, body, event };
}

export function plainAnswer({ data, complete, status, headers, body }: Answer): object {
  return { ...(data && { data: plain(data) }), complete, status, headers, ...(body && { body }) };
}

/** The call with what a function changed. Throws TypeError for what is none of the shapes above. */
export function changedCall(call: Call, changed: unknown): Call {
  const given = fieldsOf(changed);
  if (!given) return call;
  return {
    ...call,
    ...textsOf(given, ["method", "path", "url"]),
    ...(given["query"] !== undefined && { query: listsOf("query", given["query"], String) }),
    ...(given["params"] !== undefined && { params: paramsOf(given["params"]) }),
    ...headersAndBody(given),
  };
}

/** The answer with what a function changed. Throws TypeError. */
export function changedAnswer(answer: Answer, changed: unknown): Answer {
  const given = fieldsOf(changed);
  if (!given) return answer;
  const { data, complete, status } = given;
  return {
    ...answer,
    ...(data !== undefined && { data: lossless(objectOf("data", data)) as JsonObject }),
    ...(complete !== undefined && { complete: complete === true }),
    ...(status !== undefined && { status: Number(status) }),
    ...headersAndBody(given),
  };
}

function fieldsOf(changed: unknown): Record<string, unknown> | undefined {
  return changed === undefined || changed === null ? undefined : objectOf("what it returns", changed);
}

function objectOf(what: string, value: unknown): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new TypeError(`${what} is no object`);
}

function textsOf(given: Record<string, unknown>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.filter((name) => given[name] !== undefined).map((name) => [name, String(given[name])]),
  );
}

function paramsOf(value: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(objectOf("params", value)).map(([key, one]) => [key, String(one)]),
  );
}

function listsOf(what: string, value: unknown, name: (key: string) => string): Headers {
  const list = (one: unknown) => (Array.isArray(one) ? one.map(String) : [String(one)]);
  return Object.fromEntries(
    Object.entries(objectOf(what, value)).map(([key, one]) => [name(key), list(one)]),
  );
}

function headersAndBody({ headers, body }: Record<string, unknown>): { headers?: Headers; body?: Buffer } {
  if (body !== undefined && typeof body !== "string" && !(body instanceof Uint8Array)) {
    throw new TypeError("body is neither text nor bytes");
  }
  return {
    ...(headers !== undefined && { headers: listsOf("headers", headers, canonical) }),
    ...(body !== undefined && { body: Buffer.from(body as Uint8Array) }),
  };
}

function plain(value: Json): PlainJson {
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof LosslessNumber) return numberOf(value.value);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

function numberOf(text: string): number | bigint {
  const value = Number(text);
  return /^-?\d+$/.test(text) && !Number.isSafeInteger(value) ? BigInt(text) : value;
}

/** What JSON has no word for becomes null. */
function lossless(value: unknown): Json {
  if (Array.isArray(value)) return value.map(lossless);
  if (typeof value === "bigint") return new LosslessNumber(String(value));
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (value === null || typeof value !== "object") return null;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, lossless(inner)]));
}
