import type { Given } from "./given.ts";
import type { Component } from "./names.ts";

/** What is said of components that do nothing in a backend, or that only the paid edition has. */
const REMARKS: Readonly<Record<string, string>> = {
  "qos/http-cache":
    "answers would be taken from a cache by URL alone, so that events do not reach the backend; it is left out",
  "validation/json-schema": "does nothing in a backend, in KrakenD and here; it belongs to the agent",
  "modifier/lua-proxy": "does nothing in a backend, in KrakenD and here; it belongs to the agent",
  "modifier/lua-endpoint": "needs a caller over HTTP, which events have none of; it is left out",
  "plugin/http-client": "Go plug-ins cannot be loaded; write a JavaScript module and name it as `module`",
  "plugin/req-resp-modifier":
    "Go plug-ins cannot be loaded; write a JavaScript module and name it as `module`",
  "modifier/request-body-generator": "is of the paid edition; write `request.template`",
  "modifier/response-body-generator": "is of the paid edition; write `answer.template`",
  "modifier/jmespath": "is of the paid edition; write `answer.template`, or `transform` for the event",
  "modifier/response-body": "is of the paid edition; write `answer.template`",
  "validation/response-json-schema": "is of the paid edition; write a check in `cel`",
  "qos/circuit-breaker/http": "is of the paid edition; write `breaker`, which counts bad statuses too",
  "qos/ratelimit/router":
    "limits callers over HTTP, which events have none of; write `max_rate` for the agent",
};

/** Remarks on what surprises in a backend of the peer. Source: krakend-async §9, §11.8. */
export function backendTraps(given: Given, method: string): void {
  for (const component of given.components.rest()) remark(given, component);
  if (!given.service.safe) {
    methodTraps(given, method);
    patternTraps(given);
    headerTraps(given);
  }
  const { fields } = given;
  for (const name of ["timeout", "concurrent_calls"])
    if (fields.has(name)) fields.note(name, "has no effect in a backend of an agent, and is left out");
}

function headerTraps({ fields }: Given): void {
  const canonical = /^(?:[A-Z][^A-Z]*)(?:-[A-Z][^A-Z]*)*$/;
  const small = fields.texts("input_headers").find((name) => name !== "" && !canonical.test(name));
  if (small !== undefined)
    fields.note(
      "input_headers",
      `"${small}" never lets a header through: for agents names are written Like-This`,
    );
}

function remark({ components }: Given, { name, at }: Component): void {
  components.report.note(
    at,
    REMARKS[name] ??
      `\`${name}\` is not known here, or has no effect in a backend of an agent; it is left out`,
  );
}

function methodTraps({ fields, components }: Given, method: string): void {
  if (components.find("backend/lambda") || components.find("backend/amqp/producer")) return;
  if (components.find("backend/graphql")) return;
  if (!fields.has("method"))
    fields.report.note(
      fields.at,
      "without `method` the event is sent with GET, as KrakenD does; write POST if that was not meant",
    );
  const client = components.fields("backend/http/client");
  if (["GET", "HEAD"].includes(method) || client?.flag("no_redirect")) return;
  fields.report.note(
    fields.at,
    "after a redirect with 301, 302 or 303 the call becomes a GET without the event, and its answer is taken for success; `no_redirect` in `backend/http/client` prevents it",
  );
}

/** Placeholders in one pair of braces are sent as they stand. */
function patternTraps({ fields }: Given): void {
  const [literal] = /(?<!\{)\{[^{}]*\}(?!\})/.exec(fields.text("url_pattern")) ?? [];
  if (literal === undefined) return;
  const name = /^\{resp(\d+_[^}]*)\}$/i.exec(literal)?.[1];
  const remedy =
    name === undefined
      ? "events have no parameters in KrakenD; profile `safe` has some"
      : `write {{.Resp${name}}}`;
  fields.note("url_pattern", `${literal} is sent as it stands, for agents; ${remedy}`);
}
