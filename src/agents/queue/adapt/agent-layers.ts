import { readFlatmap } from "./answer.ts";
import type { Backend } from "./backend.ts";
import { isData } from "./convert.ts";
import type { Fields } from "./fields.ts";
import type { Component, Components } from "./names.ts";
import { readCel, readLua } from "./scripts.ts";

const WHEN = ["always", "success", "errored", "complete", "incomplete"];

/** The layers around all backends of an agent. Source: krakend-async §5.2. */
export function readAgentLayers(
  components: Components,
  backends: readonly Backend[],
): Record<string, unknown> {
  const proxy = components.fields("proxy");
  return {
    ...readSchema(components),
    ...readCel(components),
    ...readLua(components.fields("modifier/lua-proxy")),
    ...(proxy && readProxy(proxy, backends)),
  };
}

/** Source: krakend-async §5.11. */
function readSchema(components: Components): Record<string, unknown> {
  const found = components.find("validation/json-schema");
  if (!found) return {};
  const { value, at } = found;
  if (isData(value)) return { schema: { ...value } };
  if (typeof value === "boolean") return { schema: value };
  components.report.note(at, "is no schema, so it is left out, as KrakenD does: events pass unchecked");
  return {};
}

function readProxy(proxy: Fields, backends: readonly Backend[]): Record<string, unknown> {
  const several = backends.filter(({ shadow }) => !shadow).length > 1;
  const flatmap = readFlatmap(proxy);
  if (flatmap.length > 0 && !several)
    proxy.note(
      "flatmap_filter",
      "of an agent has no effect with one backend, and is left out; write it in the backend",
    );
  const combiner = proxy.text("combiner");
  if (combiner !== "" && combiner !== "default")
    proxy.note("combiner", `\`${combiner}\` is not known: answers are merged by their fields at the top`);
  return {
    ...(backends.length > 1 && readSequence(proxy)),
    ...(several && flatmap.length > 0 && { flatmap }),
    ...(backends.length > 1 && proxy.flag("force_sandboxed_request") && { copies: true }),
    ...readStatic(proxy.fields("static")),
  };
}

/** Source: krakend-async §5.9. */
function readSequence(proxy: Fields): Record<string, unknown> {
  const sequential = proxy.flag("sequential") || proxy.text("strategy") === "sequential";
  const params = proxy.texts("sequential_propagated_params");
  if (sequential) return { sequence: params.length > 0 ? { params } : {} };
  if (params.length > 0)
    proxy.note("sequential_propagated_params", "has no effect without `sequential`, and is left out");
  return {};
}

/** Source: krakend-async §5.10. */
function readStatic(given: Fields | undefined): Record<string, unknown> {
  const data = given?.get("data");
  if (!given || data === undefined) return {};
  if (!isData(data)) {
    given.note("data", "is no object, so it is left out, as KrakenD does");
    return {};
  }
  const strategy = given.text("strategy");
  return { static: { data, ...(WHEN.includes(strategy) && strategy !== "always" && { when: strategy }) } };
}

/** Components of an agent that have no effect, by what to do instead. */
const REMARKS: Readonly<Record<string, string>> = {
  "plugin/req-resp-modifier":
    "Go plug-ins cannot be loaded; write a JavaScript module and name it as `module`",
  "qos/http-cache": "has no effect on an agent",
  "qos/ratelimit/router": "limits callers over HTTP, which events have none of; write `consumer.max_rate`",
  "modifier/lua-endpoint": "needs a caller over HTTP, which events have none of; write `modifier/lua-proxy`",
  "modifier/lua-backend": "has no effect on an agent, only in a backend; write `modifier/lua-proxy`",
};

export function agentRemark(components: Components, { name, at }: Component): void {
  components.report.note(
    at,
    REMARKS[name] ?? `\`${name}\` has no effect on an agent, in KrakenD and here; it is left out`,
  );
}
