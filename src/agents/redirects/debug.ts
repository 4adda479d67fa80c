import { toBytes } from "./bytes.ts";
import type { Decision } from "./decision.ts";

/** What a header may hold: visible bytes, spaces and tabs. */
const FORBIDDEN = /[\x00-\x08\x0a-\x1f\x7f]/g;

/** The peer's debug headers: what was compared, with which version, and which rule was used. */
export function debugHeaders(
  version: string | undefined,
  host: string,
  uri: string,
  decision: Decision | undefined,
): Record<string, string> {
  const headers: Record<string, string> = {
    "x-middleware-flecto-version": version ?? "0",
    "x-middleware-flecto-url": presentable(host + uri),
  };
  if (decision?.kind === "redirect") {
    const { type, source, target, status } = decision.layer.rules.at(decision.index);
    headers["x-middleware-flecto-redirect"] = presentable(
      toBytes(`&{${type} ${source} ${target} ${status}}`),
    );
  }
  return headers;
}

function presentable(value: string): string {
  return value.replace(FORBIDDEN, " ");
}
