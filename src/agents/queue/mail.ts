import type { IncomingMessage, ServerResponse } from "node:http";
import type { Host } from "../../core/agent.ts";
import type { Delivery } from "../../core/delivery.ts";
import type { HttpTenant } from "../../core/doors.ts";
import type { Feed } from "../../core/feed.ts";
import { Problem } from "../../core/problems.ts";
import { Inbox, type Settled } from "../../wire/inbox.ts";
import { bodyOf } from "../../wire/request-body.ts";
import { fromStructured, propertiesOf } from "./cloud-event.ts";
import type { InboxConfig } from "./config/source.ts";
import { type Event, plainEvent } from "./event.ts";
import { eventId } from "./event-id.ts";
import { type EventJson, toJson } from "./event-json.ts";

/** So many events may wait in memory until they are settled, or safe on disk. Beyond, callers are asked to come back. */
const MOST = 10_000;
/** So many bytes of them, bodies that are being read included; room for two of the largest at least. */
const MOST_BYTES = 256 * 2 ** 20;

type Refusal = readonly [status: number, told: string];
const FULL: Refusal = [503, "there is no room now, try again"];

/** Events that are posted: `POST /path/routing/key`, with a CloudEvent in either mode or any other body. */
export class Mail {
  readonly feed: Feed<Delivery<EventJson>>;
  readonly tenant: HttpTenant = { request: (request, response) => this.#take(request, response) };
  readonly #config: InboxConfig;
  readonly #inbox: Inbox<EventJson>;
  #held = false;
  /** The bytes of bodies that are being read. */
  #reading = 0;

  constructor(config: InboxConfig, host: Host) {
    this.#config = config;
    const { answer, spool, largest } = config;
    const spools = answer === "accepted";
    // What a full spool does not take is the caller's again.
    this.#inbox = new Inbox(MOST, !spools, Math.max(MOST_BYTES, 2 * largest));
    this.feed = spools ? host.spool(this.#inbox, { bytes: spool, full: "refuse" }) : this.#inbox;
  }

  /** Takes nothing for now; callers whose event nobody has taken are asked to come back. */
  hold(): void {
    this.#held = true;
    this.#inbox.giveBack();
  }

  release(): void {
    this.#held = false;
  }

  /** Takes nothing any more; callers whose event nobody has taken are asked to come back. */
  shut(): void {
    this.#inbox.shut();
  }

  /** What was not settled will not be any more. */
  abandon(): void {
    this.#inbox.shut();
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refusal = this.#refuses(request);
    if (refusal) return answer(response, ...refusal);
    const body = await this.#read(request);
    if (!Buffer.isBuffer(body)) return answer(response, ...body);
    const event = this.#eventOf(request, body);
    const settling = this.#inbox.put(toJson(event), body.length);
    if (!settling) return answer(response, ...FULL);
    this.#tell(response, await settling, event);
  }

  #refuses(request: IncomingMessage): Refusal | undefined {
    const { path, token } = this.#config;
    const [way] = request.url!.split("?");
    if (!`${way}/`.startsWith(path.endsWith("/") ? path : `${path}/`)) return [404, `post to ${path}`];
    if (request.method !== "POST") return [405, "use POST"];
    if (token && !token.isBorneBy(request.headers.authorization)) return [401, "the token is wrong"];
    return this.#held ? [503, "the agent is paused, try again later"] : undefined;
  }

  /** The body, or why it is not taken. */
  async #read(request: IncomingMessage): Promise<Buffer | Refusal> {
    const { largest } = this.#config;
    const tooLarge: Refusal = [413, `a body has at most ${largest} bytes`];
    let [had, refusal] = [0, tooLarge];
    const takes = (size: number) => {
      this.#reading += size - had;
      had = size;
      refusal = size > largest ? tooLarge : FULL;
      return size <= largest && this.#inbox.hasRoom(this.#reading);
    };
    try {
      return (await bodyOf(request, takes)) ?? refusal;
    } catch {
      // Who hung up is not told anything.
      return tooLarge;
    } finally {
      this.#reading -= had;
    }
  }

  #eventOf(request: IncomingMessage, body: Buffer): Event {
    const { headers } = request;
    const type = headers["content-type"];
    const routingKey = this.#routingKey(request.url!);
    if (type?.startsWith("application/cloudevents+json")) {
      const event = fromStructured(body.toString("utf8"));
      if (event) return { ...plainEvent(event.body), ...event, routingKey };
    }
    const attributes = Object.fromEntries(
      Object.entries(headers).flatMap(([name, value]) =>
        name.startsWith("ce-") ? [[name.slice(3), value]] : [],
      ),
    );
    return {
      ...plainEvent(body),
      headers: kept(headers),
      properties: { ...propertiesOf(attributes), ...(type === undefined ? {} : { contentType: type }) },
      routingKey,
    };
  }

  #routingKey(url: string): string {
    const [way = ""] = url.split("?");
    return way
      .slice(this.#config.path.length)
      .replace(/^\/+|\/+$/g, "")
      .replaceAll("/", ".");
  }

  /** Why it failed is in the log, under the event's id: an address within is nothing for those who post. */
  #tell(response: ServerResponse, { outcome, reason }: Settled, event: Event): void {
    const accepted = this.#config.answer === "accepted";
    const about = reason instanceof Problem ? { code: reason.code, event: eventId(event) } : {};
    if (outcome === "done") answer(response, accepted ? 202 : 200, accepted ? "accepted" : "delivered");
    else if (outcome === "reject") answer(response, 422, "the event was set aside", about);
    else answer(response, 503, "the event was not taken, try again", about);
  }
}

/** Headers that say something of the event; the others are about the way it came. */
function kept(headers: IncomingMessage["headers"]): Record<string, unknown> {
  const own =
    /^(?:host|connection|content-length|transfer-encoding|authorization|expect|accept.*|user-agent)$/;
  return Object.fromEntries(
    Object.entries(headers).filter(([name, value]) => value !== undefined && !own.test(name)),
  );
}

function answer(response: ServerResponse, status: number, told: string, about: object = {}): void {
  if (response.destroyed) return;
  const again = status === 503 ? { "retry-after": "1" } : {};
  const close = status === 413 ? { connection: "close" } : {};
  const allow = status === 405 ? { allow: "POST" } : {};
  response.writeHead(status, { "content-type": "application/json", ...again, ...close, ...allow });
  response.end(`${JSON.stringify({ [status < 300 ? "outcome" : "error"]: told, ...about })}\n`);
}
