import type { IncomingMessage } from "node:http";
import type { EnvironmentSecret, SecretType } from "./model.ts";
import type { Relay } from "./relay.ts";
import { problem, type Reply } from "./reply.ts";
import { queryOf, type Target } from "./target.ts";

/** A request, taken apart as far as every route needs it. */
export interface Asking {
  readonly request: IncomingMessage;
  readonly method: string;
  readonly target: Target;
  readonly query: ReadonlyMap<string, string>;
  /** What stands in `Authorization`, with or without `Bearer`. */
  readonly key: string;
  /** Of which origin the page is that asks; undefined for whoever is no browser. */
  readonly origin: string | undefined;
}

export function askingOf(request: IncomingMessage, target: Target): Asking {
  const key = (request.headers.authorization ?? "").replace(/^Bearer\s+/i, "").trim();
  const { origin } = request.headers;
  return { request, method: request.method ?? "GET", target, query: queryOf(target), key, origin };
}

/** What a secret opened; or why it opened nothing, for good or for now. */
export type Opened = EnvironmentSecret | "refused" | "not_ready";

/** How long a request waits for data, in milliseconds. */
const PATIENCE = 4_000;

/**
 * Finds out whether a secret lets somebody in, and waits a moment where that cannot be known yet.
 * @param type which type it has to be of; undefined takes both
 */
export async function open(
  relay: Relay,
  { key, origin }: Pick<Asking, "key" | "origin">,
  type?: SecretType,
): Promise<Opened> {
  const end = performance.now() + PATIENCE;
  for (;;) {
    const { secret: known, refused } = await relay.admissions.bySecret(key, origin);
    if (known) return type === undefined || known.type === type ? known : "refused";
    if (refused !== "not_ready") return "refused";
    const left = end - performance.now();
    if (left <= 0 || relay.draining) return "not_ready";
    await relay.changed(Math.min(left, LOOK));
  }
}

/** Whether the server has been heard of since shows in no event, so it is looked at, in milliseconds. */
const LOOK = 250;

export const unauthorised: Reply = problem(401, "the secret is not known here");
