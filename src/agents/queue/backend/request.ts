import { LinkProblem, messageOf, RejectedProblem } from "../../../core/problems.ts";
import type { BackendConfig, HttpConfig } from "../config/backend.ts";
import { type Call, failed, type Layer } from "./call.ts";
import { canonical, type Headers } from "./headers.ts";
import type { Surroundings } from "./surroundings.ts";
import { targetUrl } from "./target.ts";

/** Gives the call its method and its path, with the values of earlier answers in it. */
export function building({ path, method }: HttpConfig, { profile }: Surroundings): Layer {
  const verb = (method ?? profile.method).toUpperCase();
  return (next) => (call, signal) => next({ ...call, method: verb, path: filled(path, call.params) }, signal);
}

/** `{{.Resp0_id}}` becomes its value; what has none stays as it is. Source: krakend-async §5.5. */
function filled(path: string, params: Call["params"]): string {
  let text = path;
  for (const [name, value] of Object.entries(params)) text = text.replaceAll(`{{.${name}}}`, () => value);
  return text;
}

/** Chooses the host, which completes the URL. */
export function balanced(hosts: { next(): string | undefined }): Layer {
  return (next) => async (call, signal) => {
    const host = hosts.next();
    if (host === undefined) return failed(new LinkProblem("connect_failed", "no hosts available"));
    const url = urlOf(host, call);
    return url instanceof RejectedProblem ? failed(url) : next({ ...call, url }, signal);
  };
}

function urlOf(host: string, call: Call): string | RejectedProblem {
  try {
    return targetUrl(host, call);
  } catch (cause) {
    return new RejectedProblem("item_refused", messageOf(cause), { cause });
  }
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
