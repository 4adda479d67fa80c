import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { relayDialect } from "../../src/agents/flags/dialect.ts";
import { empty } from "../../src/agents/flags/model.ts";
import { usualPace } from "../../src/agents/flags/session.ts";
import { StreamFeed } from "../../src/agents/flags/stream.ts";
import { versionOf } from "../../src/agents/flags/version.ts";
import { Health } from "../../src/core/health.ts";
import { Secret } from "../../src/core/secret.ts";
import { StandInFeatbit } from "../tools/featbit.ts";
import { DEV, PROD, plainFlag, secrets } from "../tools/featbit-data.ts";
import { eventOutage, flap, told } from "../tools/flags-storms.ts";
import { followingRelay } from "../tools/relay.ts";
import { SdkClient } from "../tools/sdk-client.ts";
import { Tidy } from "../tools/tidy.ts";
import { until } from "../tools/until.ts";

const tidy = new Tidy();

describe("a server that comes and goes", () => {
  it(
    "every second, under 1,000 SDKs: none is sent away, none hears of an older flag, all hear of the last",
    {
      timeout: 120_000,
    },
    () => flap(tidy, { sdks: 1_000, seconds: 20 }),
  );

  it("and says nothing any more is given up, and asked anew", async () => {
    const server = await StandInFeatbit.start(tidy);
    const part = new Health().part("contents");
    const pace = { ...usualPace, ping: 50, silence: 150, answer: 10_000 };
    const { url, key } = server;
    const feed = new StreamFeed({
      url,
      dialect: relayDialect(new Secret(key)),
      held: () => empty,
      part,
      resync: 0,
      pace,
    });
    const items = feed
      .open({ signal: new AbortController().signal, after: undefined, up() {} })
      [Symbol.asyncIterator]();
    await items.next();
    server.state.mute = true;
    await expect(items.next()).rejects.toThrow("was silent for 150 ms");
  });

  it("and never answers what it is asked is given up", async () => {
    const server = await StandInFeatbit.start(tidy);
    server.state.mute = true;
    const part = new Health().part("contents");
    const pace = { ...usualPace, answer: 100 };
    const { url, key } = server;
    const feed = new StreamFeed({
      url,
      dialect: relayDialect(new Secret(key)),
      held: () => empty,
      part,
      resync: 0,
      pace,
    });
    const items = feed
      .open({ signal: new AbortController().signal, after: undefined, up() {} })
      [Symbol.asyncIterator]();
    await expect(items.next()).rejects.toThrow("did not answer for 100 ms");
  });
});

describe("frames in any order, cut, doubled, stale, foreign", () => {
  it("never make a flag older, never cross environments, and never keep the newest from arriving", {
    timeout: 120_000,
  }, async () => {
    const { url, server } = await followingRelay(tidy);
    const [prod, dev] = [
      await SdkClient.open(tidy, url, { secret: secrets.prod.server }),
      await SdkClient.open(tidy, url, { secret: secrets.dev.server }),
    ];
    await Promise.all([prod.sync(0), dev.sync(0)]);
    let now = Date.now();
    const frame = fc.record({
      at: fc.integer({ min: -5, max: 5 }),
      envId: fc.constantFrom(PROD, DEV),
      times: fc.integer({ min: 1, max: 3 }),
      cut: fc.option(fc.integer({ min: 0, max: 200 })),
      junk: fc.option(fc.jsonValue()),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { maxLength: 12 }), async (frames) => {
        now += 20;
        for (const { at, envId, times, cut, junk } of frames) {
          const flag = plainFlag(`random-${envId === PROD ? "p" : "d"}`, { at: now + at, envId });
          const data = { eventType: "patch", featureFlags: [flag], segments: [] };
          const text = JSON.stringify({ messageType: "data-sync", data });
          for (let i = 0; i < times; i++) server.say(cut === null ? text : text.slice(0, cut));
          if (junk !== null) server.say(JSON.stringify({ messageType: "data-sync", data: junk }));
        }
        const last = [
          plainFlag("random-p", { at: now + 10 }),
          plainFlag("random-d", { at: now + 10, envId: DEV }),
        ];
        for (const flag of last) server.change({ flag });
        await until("the last ones arrive", () =>
          [prod, dev].every((sdk, i) => told(sdk, last[i]!.key).at(-1)?.updatedAt === last[i]!.updatedAt),
        );
      }),
      { numRuns: 60 },
    );
    for (const [sdk, key] of [
      [prod, "random-p"],
      [dev, "random-d"],
    ] as const) {
      const versions = told(sdk, key).map(versionOf);
      expect(versions).toEqual(versions.toSorted((one, other) => one - other));
    }
    const seen = (sdk: SdkClient) =>
      new Set(sdk.heard.flatMap(({ data }) => data.featureFlags.map(({ envId }) => envId)));
    expect([seen(prod), seen(dev)]).toEqual([new Set([PROD]), new Set([DEV])]);
  });

  it("of 40 MB are taken", async () => {
    const { server, status } = await followingRelay(tidy);
    const large = { ...plainFlag("large"), description: "x".repeat(40 * 2 ** 20) };
    server.change({ flag: large });
    await until("it is there", () => status().environments[0]?.flags === 5, { within: 20_000 });
  });
});

describe("an event server that is away", () => {
  it("for a while loses nothing that SDKs report meanwhile, also over a restart", { timeout: 240_000 }, () =>
    eventOutage(tidy, 6),
  );
});
