import type { Host } from "../../core/agent.ts";
import type { Delivery } from "../../core/delivery.ts";
import type { Feed } from "../../core/feed.ts";
import { FileSource } from "../../wire/file-source.ts";
import type { PublishedChunk } from "../../wire/redis/pubsub.ts";
import { amqpSource, brokerOf, redisChannels } from "./brokers.ts";
import type { LineConfig } from "./config.ts";
import type { RedisConfig } from "./config-from.ts";
import type { Counts } from "./counts.ts";
import { essence } from "./essence.ts";
import { exploded } from "./exploded.ts";
import {
  type Arrival,
  eventsOf,
  isUnreadable,
  type Message,
  messageOfAmqp,
  messageOfEnvelope,
  type Reading,
} from "./message.ts";
import { Standby } from "./standby.ts";

type Source = Feed<Delivery<Arrival>>;

/** The events of a subscription, whatever carries them. */
export function sourceOf(name: string, config: LineConfig, host: Host, counts: Counts): Source {
  const reading = readingOf(config, (reason) => counts.dropped[reason]++);
  const read = (messages: readonly (Message | undefined)[]): Arrival[] => {
    const arrivals = messages.flatMap((message) => eventsOf(message, reading));
    for (const arrival of arrivals) if (!isUnreadable(arrival)) counts.events++;
    return arrivals;
  };
  const { amqp, redis, file } = config.from;
  if (amqp)
    return exploded(
      linked(amqpSource(name, amqp, config, counts), counts, () => 1),
      (each) => read([messageOfAmqp(each)]),
    );
  if (redis) return redisSource(name, redis, config, host, counts, read);
  const lines = new FileSource({ ...file!, snapshot: host.snapshot("from") });
  return exploded(lines, (text) => {
    counts.messages++;
    return read([messageOfLine(text)]);
  });
}

/** How messages are read here. */
export function readingOf(
  { strict, cancelled }: Pick<LineConfig, "strict" | "cancelled">,
  dropped: Reading["dropped"],
): Reading {
  return { strict, revokes: cancelled === "revoked", dropped };
}

function messageOfLine(text: string): Message {
  return {
    body: Buffer.from(text),
    contentType: "application/json",
    compression: undefined,
    redelivered: false,
  };
}

function redisSource(
  name: string,
  redis: RedisConfig,
  { to }: LineConfig,
  host: Host,
  counts: Counts,
  read: (messages: readonly (Message | undefined)[]) => Arrival[],
): Source {
  const published: Feed<Delivery<PublishedChunk>> = redisChannels(redis);
  const lossOf = losses();
  const { standby, spool } = redis;
  const key =
    standby?.key ?? `outrider:${redis.exchange}:${to.leek?.app ?? name}:${(to.leek ?? to.file!).env}`;
  const active = standby
    ? new Standby(published, { broker: brokerOf(redis), key, ttl: standby.ttl }, host)
    : published;
  const received = linked(active, counts, (chunk) => {
    counts.lost += lossOf(chunk);
    return chunk.messages.length;
  });
  const lost = (chunk: PublishedChunk, kept: PublishedChunk | undefined) => counts.letGo(chunk, kept);
  return exploded(host.spool(received, { bytes: spool, keep: essence, lost }), (chunk) =>
    read(chunk.messages.map(({ payload }) => messageOfEnvelope(payload))),
  );
}

/** How many messages were let go before a chunk: their numbers have no gaps otherwise. What comes again is no loss. */
export function losses(): (chunk: Pick<PublishedChunk, "run" | "first" | "messages">) => number {
  const next = new Map<string, number>();
  return ({ run, first, messages }) => {
    const expected = next.get(run) ?? first;
    if (first + messages.length > expected) next.set(run, first + messages.length);
    return Math.max(0, first - expected);
  };
}

/** Counts how often a link is opened, and what comes through it. */
function linked<M>(
  feed: Feed<Delivery<M>>,
  counts: Counts,
  messagesIn: (value: M) => number,
): Feed<Delivery<M>> {
  return {
    async *open(link) {
      let up = false;
      const told = () => {
        if (!up) counts.links++;
        up = true;
        link.up();
      };
      for await (const delivery of feed.open({ signal: link.signal, after: link.after, up: told })) {
        counts.messages += messagesIn(delivery.value);
        yield delivery;
      }
    },
    probe: async (signal) => feed.probe?.(signal),
  };
}
