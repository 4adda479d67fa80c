import { LinkProblem, messageOf, RejectedProblem } from "../../../core/problems.ts";
import type { BackendConfig, HttpConfig } from "../config/backend.ts";
import { placeholders, template } from "../placeholders.ts";
import { type Call, failed, type Layer } from "./call.ts";
import { canonical, type Headers } from "./headers.ts";
import { isObject, writeJson } from "./json.ts";
import type { Surroundings } from "./surroundings.ts";
import { targetUrl } from "./target.ts";
import { urlText } from "./url-text.ts";

/** Gives the call its method and its path, with values of the event and of earlier answers in it. */
export function building({ path, method }: HttpConfig, { profile }: Surroundings): Layer {
  const verb = (method ?? profile.method).toUpperCase();
  const pathOf = profile.placeholders ? withPlaceholders(path) : (call: Call) => filled(path, call.params);
  return (next) => (call, signal) => {
    const made = tried(() => pathOf(call));
    if (typeof made !== "string") return Promise.resolve(failed(made));
    return next({ ...call, method: verb, path: made }, signal);
  };
}

/** What a value that makes no URL is to its event. */
function tried(make: () => string): string | RejectedProblem {
  try {
    return make();
  } catch (cause) {
    return cause instanceof RejectedProblem
      ? cause
      : new RejectedProblem("item_refused", messageOf(cause), { cause });
  }
}

/** `{{.Resp0_id}}` becomes its value; what has none stays as it is. Source: krakend-async §5.5. */
function filled(path: string, params: Call["params"]): string {
  let text = path;
  for (const [name, value] of Object.entries(params)) text = text.replaceAll(`{{.${name}}}`, () => value);
  return text;
}

function withPlaceholders(path: string): (call: Call) => string {
  // The peer's spelling of a parameter is one of ours, too.
  const compiled = urlText(path.replace(/\{\{\.(\w[^{}]*)\}\}/g, "{param.$1}"));
  return ({ event, params }) => compiled({ event, params });
}

/** Headers of the configuration, with values of the event in them. */
export function ownHeaders({ headers }: HttpConfig): Layer | undefined {
  const own = Object.entries(headers).map(([name, text]) => [canonical(name), placeholders(text)] as const);
  if (own.length === 0) return undefined;
  return (next) => (call, signal) => {
    const more = own.map(([name, text]) => [name, [text(call)]] as const);
    return next({ ...call, headers: { ...call.headers, ...Object.fromEntries(more) } }, signal);
  };
}

/** A new body, with values of the event in it: JSON, or text if the template is one. */
export function newBody({ request }: BackendConfig): Layer | undefined {
  if (request.template === undefined) return undefined;
  const made = template(request.template);
  return (next) => (call, signal) => {
    const value = made(call);
    const [text, type] =
      typeof value === "string" ? [value, "text/plain"] : [writeJson(value), "application/json"];
    const headers =
      typeof request.template === "string" ? call.headers : { ...call.headers, "Content-Type": [type] };
    return next({ ...call, headers, body: Buffer.from(text, "utf8") }, signal);
  };
}

/** New data, with values of the answer in it. */
export function newData({ answer }: BackendConfig): Layer | undefined {
  if (answer.template === undefined) return undefined;
  const made = template(answer.template);
  return (next) => async (call, signal) => {
    const given = await next(call, signal);
    if (given.problem) return given;
    const value = made({ event: call.event, params: call.params, data: given.data });
    return { ...given, data: isObject(value) ? value : { content: value } };
  };
}

/** Chooses the host, which completes the URL. */
export function balanced(hosts: { next(): string | undefined }, { profile }: Surroundings): Layer {
  const texts = new Map<string, (call: Call) => string>();
  const textOf = (host: string) => {
    const known = texts.get(host) ?? urlText(host);
    texts.set(host, known);
    return known;
  };
  return (next) => (call, signal) => {
    const chosen = hosts.next();
    if (chosen === undefined)
      return Promise.resolve(failed(new LinkProblem("connect_failed", "no hosts available")));
    const url = tried(() => targetUrl(profile.placeholders ? textOf(chosen)(call) : chosen, call));
    return typeof url === "string" ? next({ ...call, url }, signal) : Promise.resolve(failed(url));
  };
}

/** Lets only some query parameters through. */
export function queryFilter({ request: { allow_query } }: BackendConfig): Layer | undefined {
  if (allow_query.length === 0) return undefined;
  const wanted = new Set(allow_query);
  return (next) => (call, signal) => {
    const query = Object.fromEntries(Object.entries(call.query).filter(([name]) => wanted.has(name)));
    return next({ ...call, query }, signal);
  };
}

/** Lets only some headers through. Source: krakend-async §5.22. */
export function headerFilter(
  { request: { allow_headers } }: BackendConfig,
  { profile }: Surroundings,
): Layer | undefined {
  if (allow_headers.length === 0) return undefined;
  const wanted = new Set(profile.exactHeaders ? allow_headers : allow_headers.map(canonical));
  return (next) => (call, signal) => next({ ...call, headers: only(call.headers, wanted) }, signal);
}

function only(headers: Headers, wanted: ReadonlySet<string>): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => wanted.has(name)));
}
