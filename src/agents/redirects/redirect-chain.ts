import type { Layer } from "./layer.ts";
import { resolveTarget } from "./location.ts";
import type { Match } from "./matcher.ts";
import { readTarget } from "./request-uri.ts";

/** A chain longer than this counts as a loop. */
const LONGEST = 10;

/** Where a redirect was answered; `known`: by its host, which is not just an example. */
export interface Place {
  readonly host: string;
  readonly known: boolean;
}

/** Where a redirect leads; `foreign`: to a host of which we cannot tell whether it is served here. */
interface Request extends Place {
  readonly uri: string;
  readonly foreign: boolean;
}

/** Where a target leads, as the next request; undefined if that cannot be known. */
function asRequest({ host, known }: Place, target: string): Request | undefined {
  const absolute = /^https?:\/\/([^/?#]+)([^#]*)/i.exec(target);
  if (!absolute && (!target.startsWith("/") || target.startsWith("//"))) return undefined;
  const path = absolute ? absolute[2]!.replace(/^(?!\/)/, "/") : resolveTarget(target, () => "/");
  const uri = readTarget(path)?.uri;
  if (uri === undefined) return undefined;
  if (!absolute) return { host, known, uri, foreign: false };
  return { host: absolute[1]!, known: true, uri, foreign: !known || absolute[1] !== host };
}

/**
 * Follows a redirect through the rules of a layer.
 * @returns what is wrong with where it leads, or undefined
 */
export function followRedirect(
  layer: Layer,
  place: Place,
  target: string,
): ["chain" | "loop", string] | undefined {
  const seen = [target];
  let at = place;
  for (let hops = 1; hops <= LONGEST; hops++) {
    const request = asRequest(at, seen.at(-1)!);
    const next = request && matchAt(layer, request);
    if (!request || !next)
      return hops > 1 ? ["chain", `it takes ${hops} redirects: ${seen.join(" → ")}`] : undefined;
    if (seen.includes(next.target))
      return ["loop", `it comes back to itself: ${[...seen, next.target].join(" → ")}`];
    seen.push(next.target);
    at = request;
  }
  return ["loop", `it takes more than ${LONGEST} redirects: ${seen.join(" → ")}`];
}

/** Requests for another host may never come here; only a rule that names the host says that they do. */
function matchAt({ matcher, rules }: Layer, { host, uri, foreign }: Request): Match | undefined {
  const match = matcher.match(host, uri);
  return foreign && match && !rules.types[match.index]!.endsWith("_HOST") ? undefined : match;
}
