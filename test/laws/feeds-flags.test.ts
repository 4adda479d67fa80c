import { describe, it } from "vitest";
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
import { Health } from "../../src/core/health.ts";
import { Secret } from "../../src/core/secret.ts";
import { feedLaws } from "../../src/laws/index.ts";
import { changingFile } from "../tools/changing-file.ts";
import { StandInFeatbit } from "../tools/featbit.ts";
import { environments, PROD, plainFlag, secrets } from "../tools/featbit-data.ts";
import { describeWith } from "../tools/needs.ts";
import { RedisServer } from "../tools/redis.ts";
import { Tidy } from "../tools/tidy.ts";

const tidy = new Tidy();

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
    const given = await changingFile(tidy, dump);
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
