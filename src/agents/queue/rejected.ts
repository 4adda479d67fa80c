import type { Host } from "../../core/agent.ts";
import type { Rejected, Sink } from "../../core/delivery.ts";
import type { AmqpTable } from "../../wire/amqp/message.ts";
import { type AmqpPublish, AmqpSink } from "../../wire/amqp/sink.ts";
import { retryAfterOf, statusProblem } from "../../wire/http-answers.ts";
import { HttpClient } from "../../wire/http-client.ts";
import { FileSink, parseLine } from "../../wire/ndjson.ts";
import { type AsideItem, shortened } from "../../wire/set-aside.ts";
import { targetOptions, toMessage } from "./broker.ts";
import type { Config } from "./config/agent.ts";
import type { RejectedConfig } from "./config/delivery.ts";
import type { Event } from "./event.ts";
import { type EventJson, toJson } from "./event-json.ts";
import { type Aside, withLastResort } from "./last-resort.ts";
import { placeholders } from "./placeholders.ts";

/** An event that was set aside, as it is kept. */
export interface Kept extends EventJson {
  readonly agent: string;
  readonly reason: string;
  readonly code: string;
  /** How often it was tried. */
  readonly tries: number;
  /** When it was taken from its source, and when it was set aside: ISO 8601. */
  readonly first: string;
  readonly last: string;
}

/** What `rejected` says, or what it means not to say it. */
export function rejectedOf({ rejected, profile }: Config): NonNullable<RejectedConfig> {
  if (rejected) return rejected;
  return profile === "krakend" ? { requeue: { brake: true } } : { file: {} };
}

/** Where rejected events are kept; undefined where their source shall deal with them. */
export function asideOf(config: NonNullable<RejectedConfig>, host: Host): Aside | undefined {
  const { amqp, http } = config;
  const path = fileOf(config, host);
  if (path === undefined) return undefined;
  // They are few, and what is not on the disk yet must not leave its queue: the power may go.
  const file = asJson(new FileSink<Kept>({ path, sync: true }), host.name);
  const elsewhere = http ? asJson(posting(http), host.name) : amqp && deadLetters(amqp, host.name);
  return elsewhere ? withLastResort(elsewhere, file, { path, log: host.log }) : file;
}

/** The file in which rejected events are kept, or those that nobody else would keep; undefined where there is none. */
export function fileOf({ file, amqp, http }: NonNullable<RejectedConfig>, host: Host): string | undefined {
  return file || amqp || http ? (file?.path ?? host.file("rejected.ndjson")) : undefined;
}

/** A line of that file for people: the body, and neither headers nor properties, which may hold what lets one in. */
export function shownAside(line: string): Omit<AsideItem, "id"> | undefined {
  const kept = parsed(line);
  if (!kept) return undefined;
  const { last, reason, tries, body, body_base64 } = kept;
  const preview = shortened(body ?? (body_base64 === undefined ? "" : `base64: ${body_base64}`));
  return {
    at: String(last ?? ""),
    reason: String(reason ?? ""),
    ...(tries !== undefined && { tries }),
    preview,
  };
}

function parsed(line: string): Partial<Kept> | undefined {
  try {
    const value = parseLine(line);
    return value !== null && typeof value === "object" ? value : undefined;
  } catch {
    return undefined;
  }
}

function asJson(sink: Sink<Kept> & { close?(): Promise<void> }, agent: string): Aside {
  return {
    write: (items, signal) =>
      sink.write(
        items.map((item) => keptOf(item, agent)),
        signal,
      ),
    ...(sink.probe ? { probe: (signal: AbortSignal) => sink.probe!(signal) } : {}),
    ...(sink.close ? { close: () => sink.close!() } : {}),
  };
}

function keptOf({ value, reason, code, tries, since, at }: Rejected<Event>, agent: string): Kept {
  const when = { first: new Date(since).toISOString(), last: new Date(at).toISOString() };
  return { ...toJson(value), agent, reason, code, tries, ...when };
}

function posting({ url, token }: NonNullable<NonNullable<RejectedConfig>["http"]>) {
  const client = new HttpClient({ follow: false });
  const headers: Record<string, string> = { "content-type": "application/json" };
  if (token) headers["authorization"] = `Bearer ${token.reveal()}`;
  return {
    async write(items: readonly Kept[], signal: AbortSignal): Promise<void> {
      for (const item of items) {
        const answer = await client.send({
          method: "POST",
          url,
          headers,
          body: JSON.stringify(item),
          signal,
        });
        const { status, headers: told } = answer;
        if (status > 299) throw statusProblem(status, `POST ${url}`, "", retryAfterOf(told));
      }
    },
    close: () => client.close(),
  };
}

/** A dead-letter exchange of our own: the message as it came, and why it is there. */
function deadLetters(config: NonNullable<NonNullable<RejectedConfig>["amqp"]>, agent: string): Aside {
  // The broker confirms what no queue takes, and it is gone; unless we want to hear of that.
  const sink = new AmqpSink({ ...targetOptions(config, agent), mandatory: true });
  const key = placeholders(config.routing_key === "" ? "{routing_key}" : config.routing_key);
  return {
    write: (items, signal) =>
      sink.write(
        items.map((item) => ({
          ...lasting(toMessage(item.value, reasonHeaders(item, agent))),
          routingKey: key({ event: item.value }),
        })),
        signal,
      ),
    probe: (signal) => sink.probe(signal),
    close: () => sink.close(),
  };
}

/** A dead letter would die of the time that was given to its event, and nobody would have seen it. */
function lasting({ headers, properties = {}, ...message }: AmqpPublish): AmqpPublish {
  const { expiration, ...others } = properties;
  const told: AmqpTable = expiration === undefined ? {} : { "x-outrider-expiration": expiration };
  return { ...message, headers: { ...headers, ...told }, properties: others };
}

function reasonHeaders({ value, reason, code, tries, since, at }: Rejected<Event>, agent: string) {
  return {
    "x-outrider-agent": agent,
    // Headers share a frame, which the broker bounds.
    "x-outrider-reason": reason.slice(0, 1_000),
    "x-outrider-code": code,
    "x-outrider-tries": tries,
    "x-outrider-first": new Date(since).toISOString(),
    "x-outrider-last": new Date(at).toISOString(),
    "x-outrider-exchange": value.exchange,
    "x-outrider-routing-key": value.routingKey,
  };
}
