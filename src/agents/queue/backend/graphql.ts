import { readFile } from "node:fs/promises";
import { ConfigProblem, messageOf, RejectedProblem } from "../../../core/problems.ts";
import type { GraphqlConfig } from "../config/layers.ts";
import { type Call, failed, type Layer } from "./call.ts";
import { queryEscaped } from "./go-url.ts";
import { isObject, type Json, type JsonObject, parseJson, writeJson } from "./json.ts";
import type { Surroundings } from "./surroundings.ts";

/**
 * Asks in GraphQL. The event is the variables of a mutation; of a query they are configured, and may name parameters.
 * An event of a mutation that is no JSON object is RejectedProblem; a file with a query is read anew at each start.
 * Source: krakend-async §5.19.
 */
export function graphql(config: GraphqlConfig, around: Around): Layer {
  const configured = config.variables as JsonObject;
  const { lenient } = around.profile;
  const variables = config.type === "mutation" ? fromBody(configured, lenient) : fromParams(configured);
  const asked = { operation: config.operation, query: config.query ?? "" };
  const { file } = config;
  if (file !== undefined)
    around.prepares(async () => {
      asked.query = await queryIn(file);
    });
  const call = config.method === "GET" ? asGet(asked, lenient) : asPost(asked, lenient);
  return (next) => async (given, signal) => {
    const values = variables(given);
    return values instanceof RejectedProblem ? failed(values) : next(call(given, values), signal);
  };
}

type Around = Pick<Surroundings, "profile" | "prepares">;

/** What is asked for; the query may come from a file, which is read before the first event. */
interface Asked {
  readonly operation: string | undefined;
  query: string;
}

/** Throws ConfigProblem for a file that cannot be read, or has nothing in it. */
async function queryIn(file: string): Promise<string> {
  const query = await readFile(file, "utf8").catch((cause: unknown) => {
    const message = `cannot read the query ${file}: ${messageOf(cause)}`;
    throw new ConfigProblem("config_unreadable", message, { cause });
  });
  if (query.trim() === "") throw new ConfigProblem("config_invalid", `there is no query in ${file}`);
  return query;
}

type Variables = (call: Call) => JsonObject | RejectedProblem;

/** @param go whether numbers are doubles, and nothing may follow the object: so Go reads a whole text */
function fromBody(configured: JsonObject, go: boolean): Variables {
  return ({ body }) => {
    try {
      const text = body.toString("utf8");
      const values = parseJson(text);
      if (go && isObject(values)) return { ...configured, ...JSON.parse(text) };
      if (isObject(values)) return { ...configured, ...values };
    } catch {
      // It is told below.
    }
    return new RejectedProblem(
      "item_refused",
      "the event is no JSON object, so it gives no variables to GraphQL",
    );
  };
}

/** A text such as `{name}` is the parameter `Name`; one that is missing is empty. */
function fromParams(configured: JsonObject): Variables {
  const named = Object.entries(configured).flatMap(([key, value]) => {
    const name = typeof value === "string" ? /^\{(.+)\}$/s.exec(value)?.[1] : undefined;
    return name === undefined ? [] : [[key, name[0]!.toUpperCase() + name.slice(1)] as const];
  });
  if (named.length === 0) return () => configured;
  return ({ params }) => {
    const values = named.map(([key, name]) => [key, params[name] ?? ""]);
    return { ...configured, ...Object.fromEntries(values) };
  };
}

/** @param go whether the signs of HTML are escaped, as Go does */
function asPost(asked: Asked, go: boolean): (call: Call, variables: JsonObject) => Call {
  return (call, variables) => {
    const parts: JsonObject = { query: asked.query };
    if (asked.operation) parts["operationName"] = asked.operation;
    if (Object.keys(variables).length > 0) parts["variables"] = sorted(variables);
    const text = writeJson(parts);
    const body = Buffer.from(go ? text.replace(/[<>&\u2028\u2029]/g, escaped) : text);
    return { ...call, method: "POST", headers: described(call, body), body };
  };
}

/** @param lost whether the URL, which was built before, stays without the query: so it is with the peer */
function asGet(asked: Asked, lost: boolean): (call: Call, variables: JsonObject) => Call {
  return (call, variables) => {
    const more: Record<string, string> = { query: asked.query };
    if (asked.operation) more["operationName"] = asked.operation;
    if (Object.keys(variables).length > 0) more["variables"] = writeJson(sorted(variables));
    const query = { ...call.query };
    for (const [name, value] of Object.entries(more)) query[name] = [...(query[name] ?? []), value];
    const body = Buffer.alloc(0);
    const url = lost ? call.url : withQuery(call.url, more);
    return { ...call, method: "GET", url, query, headers: described(call, body), body };
  };
}

function described({ headers }: Call, body: Buffer): Call["headers"] {
  return { ...headers, "Content-Type": ["application/json"], "Content-Length": [String(body.length)] };
}

function withQuery(url: string, values: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(values).map(([name, value]) => `${queryEscaped(name)}=${queryEscaped(value)}`);
  return `${url}${url.includes("?") ? "&" : "?"}${pairs.join("&")}`;
}

function escaped(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** Keys in the order in which Go writes them. */
function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key]!)]),
  );
}
