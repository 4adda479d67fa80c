import type { Host } from "../../core/agent.ts";
import type { Delivery } from "../../core/delivery.ts";
import type { Feed, Link } from "../../core/feed.ts";
import { AmqpSource } from "../../wire/amqp/source.ts";
import { FileSource } from "../../wire/file-source.ts";
import { sourceOptions, toEvent } from "./broker.ts";
import type { Config } from "./config/agent.ts";
import { type Event, plainEvent } from "./event.ts";
import { type EventJson, fromJson } from "./event-json.ts";
import { Mail } from "./mail.ts";

/** Where an agent's events come from, and the inbox behind its door if it has one. */
export interface Origin {
  readonly feed: Feed<Delivery<Event>>;
  readonly mail?: Mail;
}

export function originOf(config: Config, host: Host, kept: boolean): Origin {
  const { from, workers } = config;
  if (from.amqp) {
    const source = new AmqpSource(sourceOptions(from.amqp, { name: host.name, workers, kept }));
    return { feed: mapped(source, toEvent) };
  }
  if (from.inbox) {
    const mail = new Mail(from.inbox, host);
    return { feed: mapped<EventJson, Event>(mail.feed, fromJson), mail };
  }
  const file = new FileSource({ ...from.file!, snapshot: host.snapshot("from") });
  return { feed: mapped(file, (line) => plainEvent(Buffer.from(line, "utf8"))) };
}

/** A source whose items are something else to us. */
export function mapped<A, B>(source: Feed<Delivery<A>>, map: (value: A) => B): Feed<Delivery<B>> {
  return {
    ...(source.local === undefined ? {} : { local: source.local }),
    open: (link: Link<Delivery<B>>) => mapEach(source.open({ ...link, after: undefined }), map),
    probe: async (signal) => source.probe?.(signal),
  };
}

async function* mapEach<A, B>(
  deliveries: AsyncIterable<Delivery<A>>,
  map: (value: A) => B,
): AsyncGenerator<Delivery<B>> {
  for await (const { value, bytes, settle } of deliveries) yield { value: map(value), bytes, settle };
}
