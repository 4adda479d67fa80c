import type { Host } from "../../core/agent.ts";
import type { Delivery } from "../../core/delivery.ts";
import type { Link } from "../../core/feed.ts";
import { messageOf } from "../../core/problems.ts";
import { type Handful, handfuls, oneByOne, type Source } from "../../core/source.ts";
import type { AmqpMessage } from "../../wire/amqp/message.ts";
import { AmqpSource } from "../../wire/amqp/source.ts";
import { FileSource } from "../../wire/file-source.ts";
import { sourceOptions, toEvent } from "./broker.ts";
import { unwrapped } from "./cloud-event.ts";
import type { Config } from "./config/agent.ts";
import type { AmqpSourceConfig } from "./config/broker.ts";
import { type Event, plainEvent } from "./event.ts";
import { type EventJson, fromJson } from "./event-json.ts";
import { Mail } from "./mail.ts";
import { retriesOf } from "./profile.ts";

/** Where an agent's events come from, and the inbox behind its door if it has one. */
export interface Origin {
  readonly feed: Source<Event>;
  readonly mail?: Mail;
  /** How many events wait in the queue, where a broker has it. */
  readonly depth?: () => Promise<number | undefined>;
}

export function originOf(config: Config, host: Host, kept: boolean): Origin {
  const { from } = config;
  if (from.amqp) {
    const feed = brokerOf(from.amqp, config, host, kept);
    return { feed, depth: () => feed.depth() };
  }
  if (from.inbox) {
    const mail = new Mail(from.inbox, host);
    return { feed: mapped<EventJson, Event>(mail.feed, fromJson), mail };
  }
  const file = new FileSource({ ...from.file!, snapshot: host.snapshot("from") });
  return { feed: mapped(file, (line) => plainEvent(Buffer.from(line, "utf8"))) };
}

/** What goes out as a CloudEvent shall not be wrapped twice. */
function toPlainEvent(message: AmqpMessage): Event {
  return unwrapped(toEvent(message));
}

/** Whether a queue, or what the broker has sent of it, would be gone with the link. */
export function goesWithItsLink({ from: { amqp } }: Config): boolean {
  if (!amqp) return false;
  const { name, auto_delete, exclusive } = amqp.queue;
  return name === "" || auto_delete || exclusive || amqp.auto_ack;
}

function brokerOf(from: AmqpSourceConfig, config: Config, { name, log }: Host, kept: boolean) {
  const { workers, forward } = config;
  const options = sourceOptions(from, { name, workers, kept, retried: retriesOf(config) > 0 });
  const unreadable = (reason: unknown) =>
    log.error({}, `an event that cannot be read stays in its queue: ${messageOf(reason)}`);
  return new AmqpSource({ ...options, unreadable }, forward.format === "plain" ? toEvent : toPlainEvent);
}

/** A source whose items are something else to us. */
export function mapped<A, B>(source: Source<A>, map: (value: A) => B): Source<B> {
  const all = (link: Link<Delivery<B>>) => mapHandfuls(handfuls(source, { ...link, after: undefined }), map);
  return {
    ...(source.local === undefined ? {} : { local: source.local }),
    open: (link) => oneByOne(all(link)),
    handfuls: all,
    probe: async (signal) => source.probe?.(signal),
  };
}

async function* mapHandfuls<A, B>(
  all: AsyncIterable<Handful<A>>,
  map: (value: A) => B,
): AsyncGenerator<Handful<B>> {
  for await (const handful of all) yield mapEach(handful, map);
}

function* mapEach<A, B>(handful: Handful<A>, map: (value: A) => B): Generator<Delivery<B>> {
  for (const { value, bytes, settle } of handful) yield { value: map(value), bytes, settle };
}
