import { type Asking, open, unauthorised } from "./asking.ts";
import { readInsights } from "./insight.ts";
import type { Flag } from "./model.ts";
import type { Relay } from "./relay.ts";
import { json, jsonBody, nothing, problem, type Reply, ready, text } from "./reply.ts";
import { environmentOf } from "./secret-text.ts";
import { readUser } from "./user.ts";

/** Bodies that hold a user, in bytes. */
const MOST_USER = 1_000_000;
/** Bodies that hold insights, in bytes. */
const MOST_INSIGHTS = 5 * 2 ** 20;

/** `GET /api/public/sdk/server/latest-all`: everything, or what is newer than `timestamp`; nothing new is an empty body. */
export async function serverLatest(relay: Relay, asking: Asking): Promise<Reply> {
  const since = timestampIn(asking.query);
  if (since === undefined) return problem(400, "timestamp is no whole number");
  const opened = await open(relay, asking, "server");
  if (opened === "refused") return unauthorised;
  const view = opened === "not_ready" ? undefined : relay.hub.channel(opened.envId)?.view;
  // A server SDK asks again whatever it is answered.
  if (!view || relay.draining) return problem(503, "there are no flags yet");
  return since > 0 && !view.hasNewer(since) ? nothing() : ready(view.serverAnswer(since).body);
}

/** `POST /api/public/sdk/client/latest-all`: what each flag serves to a user. */
export async function clientLatest(relay: Relay, asking: Asking): Promise<Reply> {
  const since = timestampIn(asking.query);
  if (since === undefined) return problem(400, "timestamp is no whole number");
  const user = readUser(await jsonBody(asking.request, MOST_USER));
  if (!user) return text("invalid end user", 400);
  const opened = await open(relay, asking);
  if (opened === "refused") return unauthorised;
  const view = opened === "not_ready" ? undefined : relay.hub.channel(opened.envId)?.view;
  // Any other answer would end a browser's polling for good.
  if (!view || relay.draining) return nothing();
  const flags = view.flagsSince(since);
  if (since > 0 && flags.length === 0) return nothing();
  return ready(view.clientAnswer(since === 0 ? "full" : "patch", user, flags).body);
}

/** `POST /api/public/featureflag/evaluate`: what chosen flags serve to a user. */
export async function evaluateFlags(relay: Relay, asking: Asking): Promise<Reply> {
  const body = (await jsonBody(asking.request, MOST_USER)) as {
    user?: unknown;
    filter?: Filter | null;
  } | null;
  const user = readUser(body?.user);
  if (!user) return text("A valid user is required.", 400);
  const filter = body?.filter ?? {};
  const mode = filter.tagFilterMode ?? "and";
  if (mode !== "and" && mode !== "or") return text(`Invalid tag filter mode: ${String(mode)}.`, 400);
  const opened = await open(relay, asking);
  if (opened === "refused") return unauthorised;
  const view = opened === "not_ready" ? undefined : relay.hub.channel(opened.envId)?.view;
  if (!view) return problem(503, "there are no flags yet");
  const since = Number.isSafeInteger(filter.timestamp) ? (filter.timestamp as number) : 0;
  const chosen = view.flagsSince(Math.max(0, since)).filter((flag) => isChosen(flag, filter, mode));
  const evaluated = view.timed(() =>
    chosen.map((flag) => {
      const { variationId, value, reason, sendToExperiment } = view.evaluate(flag, user);
      const type = flag.variationType ?? "string";
      return {
        key: flag.key,
        variation: { id: variationId, type, value, matchReason: reason, sendToExperiment },
      };
    }),
  );
  return json(evaluated);
}

/** `POST /api/public/insight/track`: answered as soon as it is safe; what becomes of it is no matter of the SDK's. */
export async function trackInsights(relay: Relay, asking: Asking): Promise<Reply> {
  const opened = await open(relay, asking);
  if (opened === "refused") return unauthorised;
  const body = await jsonBody(asking.request, MOST_INSIGHTS);
  const insights = readInsights(body);
  if (!insights) return problem(400, "the body is no array");
  // Whose environment is not known yet is no reason to lose what it tells: its id stands in the secret.
  const envId = opened === "not_ready" ? environmentOf(asking.key) : opened.envId;
  if (envId !== undefined) await relay.insights?.take(envId, insights);
  return nothing();
}

interface Filter {
  readonly keys?: unknown;
  readonly tags?: unknown;
  readonly tagFilterMode?: unknown;
  readonly timestamp?: unknown;
}

function isChosen(flag: Flag, { keys, tags }: Filter, mode: "and" | "or"): boolean {
  if (Array.isArray(keys) && keys.length > 0 && !keys.includes(flag.key)) return false;
  if (!Array.isArray(tags) || tags.length === 0) return true;
  const has = (tag: unknown) => flag.tags?.includes(tag as string) ?? false;
  return mode === "and" ? tags.every(has) : tags.some(has);
}

/** @returns undefined for what is no whole number */
function timestampIn(query: ReadonlyMap<string, string>): number | undefined {
  const given = query.get("timestamp") ?? "";
  if (given === "") return 0;
  return /^-?\d{1,15}$/.test(given.trim()) ? Math.max(0, Number(given)) : undefined;
}
