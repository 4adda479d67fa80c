import { beforeAll, describe, it } from "vitest";
import { Standby } from "../../src/agents/celery/standby.ts";
import type { Host } from "../../src/core/agent.ts";
import type { Delivery } from "../../src/core/delivery.ts";
import type { Feed } from "../../src/core/feed.ts";
import { silent } from "../../src/core/log.ts";
import { type FeedSubject, feedLaws, sourceLaws } from "../../src/laws/index.ts";
import { Opened } from "../../src/laws/opened.ts";
import { AmqpSink } from "../../src/wire/amqp/sink.ts";
import { AmqpSource } from "../../src/wire/amqp/source.ts";
import { parseRedisBroker } from "../../src/wire/redis/broker-url.ts";
import { RedisLists } from "../../src/wire/redis/list.ts";
import { RedisPubSub } from "../../src/wire/redis/pubsub.ts";
import { Between } from "../tools/between.ts";
import { describeWith } from "../tools/needs.ts";
import { type RabbitMq, rabbitMq, startRabbitMq } from "../tools/rabbitmq.ts";
import { RedisServer } from "../tools/redis.ts";
import { Tidy } from "../tools/tidy.ts";

const tidy = new Tidy();

describeWith(rabbitMq)("with RabbitMQ", () => {
  const whole = new Tidy("all");
  let broker: RabbitMq;
  let queues = 0;
  beforeAll(async () => {
    broker = await startRabbitMq(whole);
  });

  describe("AmqpSource", () => {
    // What comes again says so, so it is compared by its text.
    const texts = (source: AmqpSource): Feed<Delivery<string>> => ({
      async *open(link) {
        for await (const { value, bytes, settle } of source.open({ ...link, after: undefined })) {
          yield { value: value.body.toString(), bytes, settle };
        }
      },
      probe: (signal) => source.probe(signal),
    });
    const subject = async () => {
      const [name, between] = [`laws-${++queues}`, await Between.start(tidy, broker.port)];
      const urls = [`amqp://127.0.0.1:${between.port}`];
      const source = texts(new AmqpSource({ urls, queue: { name }, prefetch: 4 }));
      // Makes the queue, which has to be there before anything is put into it.
      const first = new Opened(source);
      await first.up();
      await first.close();
      const sink = new AmqpSink({ urls: [broker.url()], routingKey: name, mandatory: true });
      let number = 0;
      const put = async (count: number) => {
        const values = Array.from({ length: count }, () => `item ${++number}`);
        const items = values.map((value) => ({ body: Buffer.from(value) }));
        await sink.write(items, new AbortController().signal).finally(() => sink.close());
        return values;
      };
      return {
        source,
        feed: source as FeedSubject<Delivery<string>>["feed"],
        prefetch: 4,
        put,
        change: async () => void (await put(1)),
        break: () => between.refuse(),
        mend: () => between.admit(),
      };
    };
    // A feed that bounds what is out has to have its items settled while its laws look on.
    const settled = async () => {
      const given = await subject();
      return { ...given, feed: settling(given.source) as FeedSubject<Delivery<string>>["feed"] };
    };
    for (const law of feedLaws(settled)) it(law.name, law.check);
    for (const law of sourceLaws(subject)) it(law.name, law.check);
  });
});

/** A source whose items are settled as soon as they come. */
function settling<T>(source: Feed<Delivery<T>>): Feed<Delivery<T>> {
  return {
    ...source,
    async *open(link) {
      for await (const delivery of source.open(link)) {
        yield delivery;
        await delivery.settle("done");
      }
    },
  };
}

describeWith("redis-server")("with Redis", () => {
  const published = async () => {
    const redis = await RedisServer.start(tidy);
    const client = await redis.client(tidy);
    const between = await Between.start(tidy, redis.port);
    const broker = parseRedisBroker(`redis://127.0.0.1:${between.port}/0`);
    // Redis keeps nothing for those who are away, so this origin says it until somebody hears it.
    const change = async (): Promise<void> => {
      if ((await client.command("PUBLISH", "/0.celeryev/x", "news")) === 0) {
        setTimeout(() => void change().catch(() => {}), 20);
      }
    };
    return {
      broker,
      change,
      break: () => between.refuse(),
      mend: () => between.admit(),
    };
  };

  describe("RedisPubSub", () => {
    const subject = async () => {
      const given = await published();
      return { ...given, feed: new RedisPubSub({ broker: given.broker, patterns: ["/0.celeryev/*"] }) };
    };
    for (const law of feedLaws(subject as () => Promise<FeedSubject<unknown>>)) it(law.name, law.check);
  });

  describe("RedisLists", () => {
    const subject = async () => {
      const redis = await RedisServer.start(tidy);
      const client = await redis.client(tidy);
      const broker = parseRedisBroker(`redis://127.0.0.1:${redis.port}/0`);
      let number = 0;
      const put = async (count: number) => {
        const values = Array.from({ length: count }, () => `item ${++number}`);
        await client.command("LPUSH", "left", ...values);
        return values;
      };
      return { source: new RedisLists({ broker, keys: ["left"], chunk: 10 }), put };
    };
    // It ends with its lists, so its laws as a feed, which goes on, are not for it.
    for (const law of sourceLaws(subject)) it(law.name, law.check);
  });

  describe("Standby", () => {
    const subject = async () => {
      const given = await published();
      const { broker } = given;
      const feed = new RedisPubSub({ broker, patterns: ["/0.celeryev/*"] });
      return {
        ...given,
        feed: new Standby(feed, { broker, key: "lock", ttl: 3_000 }, { log: silent } as Host),
      };
    };
    for (const law of feedLaws(subject as () => Promise<FeedSubject<unknown>>)) it(law.name, law.check);
  });
});
