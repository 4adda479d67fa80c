import { RejectedProblem } from "../../../core/problems.ts";
import type { GraphqlConfig } from "../config/layers.ts";
import { type Call, failed, type Layer } from "./call.ts";
import { queryEscaped } from "./go-url.ts";
import { isObject, type Json, type JsonObject, parseJson, writeJson } from "./json.ts";
import type { Surroundings } from "./surroundings.ts";

/**
 * Asks in GraphQL. The event is the variables of a mutation; of a query they are configured, and may name parameters.
 * An event of a mutation that is no JSON object is RejectedProblem. Source: krakend-async §5.19.
 */
export function graphql(config: GraphqlConfig, around: Pick<Surroundings, "profile">): Layer {
  const configured = config.variables as JsonObject;
  const variables = config.type === "mutation" ? fromBody(configured) : fromParams(configured);
  const call = config.method === "GET" ? asGet(config, around.profile.lenient) : asPost(config);
  return (next) => async (given, signal) => {
    const values = variables(given);
    return values instanceof RejectedProblem ? failed(values) : next(call(given, values), signal);
  };
}

type Variables = (call: Call) => JsonObject | RejectedProblem;

function fromBody(configured: JsonObject): Variables {
  return ({ body }) => {
    try {
      const values = parseJson(body.toString("utf8"));
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

function asPost({ query, operation }: GraphqlConfig): (call: Call, variables: JsonObject) => Call {
  return (call, variables) => {
    const parts: JsonObject = { query };
    if (operation) parts["operationName"] = operation;
    if (Object.keys(variables).length > 0) parts["variables"] = sorted(variables);
    const body = Buffer.from(writeJson(parts));
    return { ...call, method: "POST", headers: described(call, body), body };
  };
}

/** @param lost whether the URL, which was built before, stays without the query: so it is with the peer */
function asGet(config: GraphqlConfig, lost: boolean): (call: Call, variables: JsonObject) => Call {
  return (call, variables) => {
    const more: Record<string, string> = { query: config.query };
    if (config.operation) more["operationName"] = config.operation;
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
