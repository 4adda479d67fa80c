import type { Backend } from "./backend.ts";
import type { Fields } from "./fields.ts";

/** What of an agent the remarks depend on. */
export interface Shape {
  readonly fields: Fields;
  readonly backends: readonly Backend[];
  readonly ours: Readonly<Record<string, unknown>>;
  /** Failed events go back to the queue. */
  readonly requeues: boolean;
}

/** Remarks on what surprises in an agent of the peer. Source: krakend-async §9, §11.8. */
export function agentTraps(shape: Shape): void {
  const { fields } = shape;
  if (fields.has("encoding"))
    fields.note("encoding", "has no effect on an agent, in KrakenD and here; write it in its backends");
  sharedBody(shape);
  if (!shape.requeues) return;
  for (const { fields: at, ours } of shape.backends) {
    if (ours["breaker"]) at.note("extra_config", LOOP("an open circuit breaker"));
    if (ours["rate"]) at.note("extra_config", LOOP("a full rate limit"));
  }
}

const LOOP = (what: string) =>
  `${what} gives events back to the queue at once, and they come again; profile \`safe\` waits instead`;

function sharedBody({ fields, backends, ours }: Shape): void {
  const real = backends.filter(({ shadow }) => !shadow);
  if (real.length < 2 || ours["copies"] === true) return;
  if (real.every(({ method }) => method === "GET" || method === "HEAD"))
    fields.note(
      "backend",
      "as none of its backends has another method than GET or HEAD, only the first to read the event gets it, as in KrakenD; write POST, or `force_sandboxed_request` in `proxy`",
    );
}
