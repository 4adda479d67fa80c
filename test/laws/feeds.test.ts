import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, it } from "vitest";
import { Standby } from "../../src/agents/celery/standby.ts";
import { relayDialect } from "../../src/agents/flags/dialect.ts";
import { DumpFile } from "../../src/agents/flags/dump-file.ts";
import { empty } from "../../src/agents/flags/model.ts";
import { Origin } from "../../src/agents/flags/origin.ts";
import { PollFeed } from "../../src/agents/flags/poll.ts";
import { RedisCache } from "../../src/agents/flags/redis-cache.ts";
import { RedisFollower } from "../../src/agents/flags/redis-follower.ts";
import { redisKeys } from "../../src/agents/flags/redis-keys.ts";
import { RedisWriter } from "../../src/agents/flags/redis-write.ts";
import { usualPace } from "../../src/agents/flags/session.ts";
import { StreamFeed } from "../../src/agents/flags/stream.ts";
import { StateFile } from "../../src/agents/haproxy/state-file.ts";
import { StateMemory } from "../../src/agents/haproxy/state-memory.ts";
import { type Event, plainEvent } from "../../src/agents/queue/event.ts";
import { Pausable } from "../../src/agents/queue/pausable.ts";
import { Requeueing } from "../../src/agents/queue/requeue.ts";
import { mapped } from "../../src/agents/queue/sources.ts";
import { ManagerFeed } from "../../src/agents/redirects/manager.ts";
import { ManagerApi } from "../../src/agents/redirects/manager-api.ts";
import { Registration } from "../../src/agents/redirects/registration.ts";
import { fleetSchema } from "../../src/config/fleet.ts";
import type { Host } from "../../src/core/agent.ts";
import type { Delivery } from "../../src/core/delivery.ts";
import type { Feed } from "../../src/core/feed.ts";
import { Health } from "../../src/core/health.ts";
import { silent } from "../../src/core/log.ts";
import { Secret } from "../../src/core/secret.ts";
import { type FeedSubject, feedLaws, sourceLaws } from "../../src/laws/index.ts";
import { Opened } from "../../src/laws/opened.ts";
import { Herald } from "../../src/runtime/fleet/herald.ts";
import { Reporter, type ReporterOptions } from "../../src/runtime/fleet/reporter.ts";
import type { Member } from "../../src/runtime/fleet/self.ts";
import { AmqpSink } from "../../src/wire/amqp/sink.ts";
import { AmqpSource } from "../../src/wire/amqp/source.ts";
import { FileFeed } from "../../src/wire/file.ts";
import { FileSource } from "../../src/wire/file-source.ts";
import { Inbox } from "../../src/wire/inbox.ts";
import { parseRedisBroker } from "../../src/wire/redis/broker-url.ts";
import { RedisLists } from "../../src/wire/redis/list.ts";
import { RedisPubSub } from "../../src/wire/redis/pubsub.ts";
import { FileSnapshot } from "../../src/wire/snapshot.ts";
import { Spool } from "../../src/wire/spool.ts";
import { Between } from "../tools/between.ts";
import { StandInFeatbit } from "../tools/featbit.ts";
import { environments, PROD, plainFlag, secrets } from "../tools/featbit-data.ts";
import { folder } from "../tools/folder.ts";
import { StandInManager } from "../tools/manager.ts";
import { describeWith } from "../tools/needs.ts";
import { startOutrider } from "../tools/outrider.ts";
import { freePort } from "../tools/ports.ts";
import { type RabbitMq, rabbitMq, startRabbitMq } from "../tools/rabbitmq.ts";
import { RedisServer } from "../tools/redis.ts";
import { Tidy } from "../tools/tidy.ts";

const tidy = new Tidy();

/** A file in a folder of its own, that changes, and that can be taken away. */
async function file(text: (number: number) => string) {
  const at = await folder(tidy);
  const path = join(at, "file");
  let number = 0;
  const change = () => writeFileSync(path, text(++number));
  change();
  return {
    folder: at,
    path,
    change,
    break: () => renameSync(path, `${path}.away`),
    mend: () => renameSync(`${path}.away`, path),
  };
}

/** A file that gets more and more lines. */
async function lines() {
  const given = await file(() => "");
  let number = 0;
  const put = (count: number) => {
    const values = Array.from({ length: count }, () => `line ${++number}`);
    writeFileSync(given.path, values.map((value) => `${value}\n`).join(""), { flag: "a" });
    return values;
  };
  return { ...given, put, change: () => void put(1) };
}

describe("FileFeed", () => {
  const make = async () => {
    const given = await file((number) => `text ${number}`);
    return { ...given, feed: new FileFeed(given.path) };
  };
  for (const law of feedLaws(make)) it(law.name, law.check);
});

describe("StateFile", () => {
  // A file that is missing or broken is no broken link: it means a default state.
  for (const watch of [true, false]) {
    describe(watch ? "with a watch" : "told to read", () => {
      const make = async () => {
        const {
          break: _,
          mend: __,
          path,
          ...given
        } = await file((number) => `{"status":"UP","weight":${number}}`);
        const saved = () => new Health().part("file");
        const options = {
          path,
          watch,
          onBad: "keep",
          fallback: "FAIL",
          wide: false,
          saved,
          log: silent,
        } as const;
        const feed = new StateFile(options);
        const change = () => {
          given.change();
          if (!watch) feed.reread();
        };
        return { ...given, feed, change };
      };
      for (const law of feedLaws(make)) it(law.name, law.check);
    });
  }
});

describe("StateMemory", () => {
  const make = (): FeedSubject<unknown> => {
    const feed = new StateMemory({ status: "UP" });
    let weight = 0;
    return { feed: feed as FeedSubject<unknown>["feed"], change: () => feed.set({ weight: ++weight % 100 }) };
  };
  for (const law of feedLaws(make)) it(law.name, law.check);
});

describe("ManagerFeed", () => {
  const make = async () => {
    const manager = await StandInManager.start({ token: "token" });
    let version = 1;
    const part = new Health().part("reporting");
    const address = {
      url: manager.url,
      namespace: "n",
      project: "p",
      token: new Secret("token"),
      header: "Authorization",
    };
    const api = new ManagerApi(address, 2_000);
    const registration = new Registration({ api, name: "laws", type: "default", sync: "healing", part });
    return {
      feed: new ManagerFeed({ api, registration, every: 20, sync: "healing", pageSize: 100 }),
      change: () => {
        manager.state.version = `${++version}\n`;
      },
      break: () => {
        manager.state.statuses = { version: 500 };
      },
      mend: () => {
        manager.state.statuses = {};
      },
      close: () => manager.stop().catch(() => {}),
    };
  };
  for (const law of feedLaws(make)) it(law.name, law.check);
});

describe("Reporter", () => {
  const make = async () => {
    const port = await freePort();
    // A process of its own, as its timers are not the reporter's.
    const config = { admin: { listen: `127.0.0.1:${port}` }, fleet: { listen: true }, agents: {} };
    await (await startOutrider(tidy, { config })).says("outrider is running");
    const between = await Between.start(tidy, port);
    let standing = "ready";
    let changed: (name: string) => void = () => {};
    const agent = () =>
      ({ name: "a", kind: "k", standing, since: 0, restarts: 0, parts: [], required: true }) as Member;
    const subject = {
      members: () => [agent()],
      standing: () => standing,
      watch: (told: (name: string) => void) => {
        changed = told;
        return () => {};
      },
    };
    const reports = fleetSchema.parse({ report_to: `http://127.0.0.1:${between.port}` });
    const herald = new Herald(subject, { name: "laws", every: 60_000 });
    const reporter = new Reporter({
      config: reports as ReporterOptions["config"],
      name: "laws",
      herald,
      log: silent,
    });
    return {
      feed: reporter,
      change: () => {
        standing = standing === "ready" ? "degraded" : "ready";
        changed("a");
      },
      break: () => between.refuse(),
      mend: () => between.admit(),
      close: () => reporter.close(false),
    };
  };
  for (const law of feedLaws(make)) it(law.name, law.check);
});

describe("FileSource", () => {
  describe("that follows its file", () => {
    const make = async () => {
      const given = await lines();
      return { ...given, feed: new FileSource({ path: given.path, follow: true }) };
    };
    for (const law of feedLaws(make)) it(law.name, law.check);
  });

  for (const follow of [true, false]) {
    describe(follow ? "that follows its file" : "that ends with its file", () => {
      const make = async () => {
        const given = await lines();
        const snapshot = new FileSnapshot<never>(join(given.folder, "mark"), "laws");
        return { ...given, source: new FileSource({ path: given.path, follow, snapshot }) };
      };
      for (const law of sourceLaws(make)) it(law.name, law.check);
    });
  }
});

describe("Spool", () => {
  const spooled = async () => {
    const { break: _, mend: __, ...given } = await lines();
    const source = new FileSource({ path: given.path, follow: true });
    const options = {
      folder: join(given.folder, "spool"),
      bytes: 1_000_000,
      link: new Health().part("link"),
    };
    return { ...given, spool: new Spool<string>(source, options) };
  };
  const asFeed = async () => {
    const { spool, ...given } = await spooled();
    return { ...given, feed: spool as FeedSubject<Delivery<string>>["feed"] };
  };
  const asSource = async () => {
    const { spool, ...given } = await spooled();
    return { ...given, source: spool };
  };
  for (const law of feedLaws(asFeed)) it(law.name, law.check);
  for (const law of sourceLaws(asSource)) it(law.name, law.check);
});

describe("Inbox", () => {
  const handedIn = () => {
    const inbox = new Inbox<string>(100);
    let number = 0;
    const put = (count: number) => {
      const values = Array.from({ length: count }, () => `item ${++number}`);
      for (const value of values) void inbox.put(value, value.length);
      return values;
    };
    return { inbox, put };
  };
  const asFeed = () => {
    const { inbox, put } = handedIn();
    const feed = inbox as unknown as FeedSubject<Delivery<string>>["feed"];
    return { feed, change: () => void put(1) };
  };
  const asSource = () => {
    const { inbox, put } = handedIn();
    return { source: inbox, put };
  };
  for (const law of feedLaws(asFeed)) it(law.name, law.check);
  for (const law of sourceLaws(asSource)) it(law.name, law.check);
});

/** Events of a file, behind something that stands between them and whoever opens it. */
async function eventsBehind(wrapped: (source: Feed<Delivery<Event>>) => Feed<Delivery<Event>>) {
  const { break: _, mend: __, put, ...given } = await lines();
  const snapshot = new FileSnapshot<never>(join(given.folder, "mark"), "laws");
  const file = new FileSource({ path: given.path, follow: true, snapshot });
  const source = wrapped(mapped(file, (line) => plainEvent(Buffer.from(line))));
  const feed = source as FeedSubject<Delivery<Event>>["feed"];
  return { ...given, source, feed, put: (n: number) => put(n).map((line) => plainEvent(Buffer.from(line))) };
}

describe("Pausable", () => {
  const make = () => eventsBehind((source) => new Pausable(source));
  for (const law of feedLaws(make)) it(law.name, law.check);
  for (const law of sourceLaws(make)) it(law.name, law.check);
});

describe("Requeueing", () => {
  const make = () => eventsBehind((source) => new Requeueing(source, true));
  for (const law of feedLaws(make)) it(law.name, law.check);
  // What is rejected comes again: that is what it is for.
  const kept = sourceLaws(make).filter(({ name }) => !name.includes("rejected"));
  for (const law of kept) it(law.name, law.check);
});

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

/** A flag that is newer each time. */
function flags(): () => ReturnType<typeof plainFlag> {
  let at = Date.now();
  return () => plainFlag("changing", { at: ++at });
}

describe("StreamFeed", () => {
  const make = async () => {
    const server = await StandInFeatbit.start(undefined);
    const next = flags();
    const { url, key } = server;
    const part = new Health().part("contents");
    const pace = { ...usualPace, answer: 2_000 };
    const dialect = relayDialect(new Secret(key));
    return {
      feed: new StreamFeed({ url, dialect, held: () => empty, part, resync: 0, pace }),
      change: () => server.change({ flag: next() }),
      break: () => {
        server.state.streams = false;
        server.close(1006);
      },
      mend: () => {
        server.state.streams = true;
      },
      close: () => server.stop().catch(() => {}),
    };
  };
  for (const law of feedLaws(make)) it(law.name, law.check);
});

describe("PollFeed", () => {
  const make = async () => {
    const server = await StandInFeatbit.start(undefined);
    const next = flags();
    const url = server.url.replace("ws", "http");
    const words = { projectKey: "p", envKey: "e", envId: PROD };
    const known = [{ type: "server" as const, ...words, value: secrets.prod.server }];
    const options = { url, held: () => empty, secrets: known, due: () => true, every: 20, arrived() {} };
    return {
      feed: new PollFeed(options),
      change: () => server.change({ flag: next() }),
      break: () => {
        server.state.statuses.latest = 500;
      },
      mend: () => {
        server.state.statuses = {};
      },
      close: () => server.stop().catch(() => {}),
    };
  };
  for (const law of feedLaws(make)) it(law.name, law.check);
});

describe("DumpFile", () => {
  const make = async () => {
    const dump = (number: number) => JSON.stringify({ savedAt: number, items: environments() });
    const given = await file(dump);
    return { ...given, feed: new DumpFile(given.path, new Health().part("contents")) };
  };
  for (const law of feedLaws(make)) it(law.name, law.check);
});

describe("Origin", () => {
  const make = () => {
    const origin = new Origin([]);
    const next = flags();
    const change = () => {
      const environment = { envId: PROD, secrets: [], featureFlags: [next()], segments: [] };
      void origin.tell({ kind: "contents", environments: [environment] });
    };
    return { feed: origin, change };
  };
  for (const law of feedLaws(make)) it(law.name, law.check);
});

/** A Redis that can be taken away. It keeps what it knows, as a feed loses nothing that its origin has. */
async function redis() {
  const server = await RedisServer.start(tidy, { durable: true });
  const client = await server.client(tidy);
  return {
    server,
    client,
    break: () => server.kill(),
    mend: () => server.up(),
    close: async () => {
      client.end();
      await server.kill();
    },
  };
}

// A name of its own, as the law that every feed is on trial looks for `describe`.
const describeRedis = describeWith("redis-server");

describe("RedisFollower", () => {
  describeRedis("with a Redis", () => {
    const make = async () => {
      const { server, ...given } = await redis();
      const next = flags();
      const feed = new RedisFollower({
        address: { url: server.url },
        prefix: "p:",
        origin: "me",
        resync: 0,
        arrived() {},
      });
      const change = async () => {
        const client = await server.client(tidy);
        const writer = new RedisWriter(client, redisKeys("p:"), "other");
        const environment = { envId: PROD, secrets: [], featureFlags: [next()], segments: [] };
        await writer.write({ environments: [environment] });
        client.end();
      };
      await change();
      return { ...given, feed, change };
    };
    for (const law of feedLaws(make)) it(law.name, law.check);
  });
});

describe("RedisCache", () => {
  describeRedis("with a Redis", () => {
    const make = async () => {
      const { server, ...given } = await redis();
      const next = flags();
      const feed = new RedisCache({ address: { url: server.url }, resync: 0, arrived() {} });
      const change = async () => {
        const client = await server.client(tidy);
        await client.command("PUBLISH", "featbit-feature-flag-change", JSON.stringify(next()));
        client.end();
      };
      return { ...given, feed, change };
    };
    for (const law of feedLaws(make)) it(law.name, law.check);
  });
});
