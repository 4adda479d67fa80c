import { createHash } from "node:crypto";
import type { ServerResponse } from "node:http";
import { type Asking, open } from "./asking.ts";
import type { EnvironmentView } from "./environment-view.ts";
import type { EnvironmentSecret, Flag } from "./model.ts";
import { OfrepEvents } from "./ofrep-events.ts";
import { ofrepFlag, userOfContext } from "./ofrep-flag.ts";
import type { Relay } from "./relay.ts";
import { json, jsonBody, type Reply } from "./reply.ts";
import type { User } from "./user.ts";

const BASE = "/ofrep/v1/evaluate/flags";
const MOST_CONTEXT = 1_000_000;
/** A client that has heard nothing for so long asks by itself, in seconds. */
const INACTIVITY = 120;

/** OpenFeature's remote evaluation protocol, version 0.3.0, so that any OpenFeature SDK can use the relay. */
export class Ofrep {
  readonly #relay: Relay;
  readonly #events: OfrepEvents;

  constructor(relay: Relay) {
    this.#relay = relay;
    this.#events = new OfrepEvents(relay);
  }

  /** Answers an event stream. @returns false for a request that is none */
  stream(asking: Asking, response: ServerResponse): boolean {
    return this.#events.open(asking, response);
  }

  /** @returns undefined for a request that is none of OFREP's */
  async reply(asking: Asking): Promise<Reply | undefined> {
    const { method, target } = asking;
    const single = target.path.startsWith(`${BASE}/`);
    if (method !== "POST" || (!single && target.path !== BASE)) return undefined;
    const opened = await open(this.#relay, { key: keyOf(asking), origin: asking.origin });
    if (opened === "refused") return json({ errorDetails: "the secret is not known here" }, 401);
    // 401 and 403 are the end for providers; this passes.
    const view = opened === "not_ready" ? undefined : this.#relay.hub.channel(opened.envId)?.view;
    if (!view || opened === "not_ready")
      return json({ errorDetails: "there are no flags yet" }, 503, { "retry-after": "1" });
    const context = await contextOf(asking);
    if ("status" in context) return context;
    const key = single ? decoded(target.raw.slice(BASE.length + 1)) : undefined;
    return key === undefined
      ? this.#bulk(asking, view, context.user)
      : this.#single(view, opened, context.user, key);
  }

  end(): void {
    this.#events.end();
  }

  async #single(
    view: EnvironmentView,
    { envId }: EnvironmentSecret,
    user: User,
    key: string,
  ): Promise<Reply> {
    const flag = view.flag(key);
    if (!flag || flag.isArchived)
      return json({ key, errorCode: "FLAG_NOT_FOUND", errorDetails: `there is no flag ${key}` }, 404);
    const answer = view.timed(() => ofrepFlag(view, flag, user));
    if (this.#relay.config.ofrep.track) await this.#track(envId, view, flag, user);
    return json(answer, "errorCode" in answer ? 400 : 200);
  }

  #bulk(asking: Asking, view: EnvironmentView, user: User): Reply {
    const flags = view.environment.featureFlags.filter(({ isArchived }) => !isArchived);
    const answers = view.timed(() => flags.map((flag) => ofrepFlag(view, flag, user)));
    const metadata = { version: String(view.version) };
    // Over what was answered, as it depends on the context as much as on the flags.
    const digest = createHash("sha256").update(JSON.stringify({ answers, metadata })).digest("base64url");
    const etag = `"${digest.slice(0, 27)}"`;
    const { request, query } = asking;
    const isNew = query.has("flagconfigetag") && query.get("flagconfigetag") !== etag;
    if (!isNew && knows(request.headers["if-none-match"], etag)) return { status: 304, headers: { etag } };
    const requestUri = `/ofrep/v1/events?k=${this.#events.credential(view.environment)}`;
    const eventStreams = [{ type: "sse", endpoint: { requestUri }, inactivityDelaySec: INACTIVITY }];
    return json({ flags: answers, metadata, eventStreams }, 200, { etag });
  }

  async #track(envId: string, view: EnvironmentView, flag: Flag, user: User): Promise<void> {
    const { variationId, value, sendToExperiment } = view.evaluate(flag, user);
    if (variationId === null) return;
    const timestamp = Date.now();
    const variation = { id: variationId, value };
    const customizedProperties = [...user.properties].map(([name, text]) => ({ name, value: text }));
    await this.#relay.insights?.take(envId, [
      {
        user: { keyId: user.keyId, name: user.name ?? "", customizedProperties },
        variations: [{ featureFlagKey: flag.key, sendToExperiment, timestamp, variation }],
      },
    ]);
  }
}

function keyOf({ key, request }: Asking): string {
  const given = request.headers["x-api-key"];
  return key === "" && typeof given === "string" ? given : key;
}

async function contextOf({ request }: Asking): Promise<{ user: User } | Reply> {
  let body: unknown;
  try {
    body = await jsonBody(request, MOST_CONTEXT);
  } catch {
    return json({ errorCode: "PARSE_ERROR", errorDetails: "the body is no JSON, or too large" }, 400);
  }
  const context = (body as { context?: unknown } | null)?.context;
  if (context === null || typeof context !== "object" || Array.isArray(context))
    return json({ errorCode: "INVALID_CONTEXT", errorDetails: "`context` is no object" }, 400);
  const user = userOfContext(context as Record<string, unknown>);
  return user ? { user } : json({ errorCode: "TARGETING_KEY_MISSING" }, 400);
}

function decoded(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

/** Whether a caller has this very answer (RFC 9110, 13.1.2). */
function knows(header: string | undefined, etag: string): boolean {
  return (header ?? "").split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag);
}
