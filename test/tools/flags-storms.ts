import { expect } from "vitest";
import { versionOf } from "../../src/agents/flags/version.ts";
import { StandInFeatbit } from "./featbit.ts";
import { type Flag, plainFlag, secrets } from "./featbit-data.ts";
import { followingRelay } from "./relay.ts";
import { SdkClient } from "./sdk-client.ts";
import type { Tidy } from "./tidy.ts";
import { until } from "./until.ts";

/** The flags that an SDK was told of one key, in order. */
export function told(sdk: SdkClient, key: string): Flag[] {
  return sdk.heard.flatMap(
    ({ data }) => (data.featureFlags as unknown as Flag[])?.filter((flag) => flag.key === key) ?? [],
  );
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A server that closes its stream every second, each time after a change, under so many SDKs. */
export async function flap(tidy: Tidy, size: { sdks: number; seconds: number }): Promise<void> {
  const { url, server } = await followingRelay(tidy);
  const sdks: SdkClient[] = [];
  while (sdks.length < size.sdks)
    sdks.push(
      ...(await Promise.all(
        Array.from({ length: 100 }, () => SdkClient.open(tidy, url, { secret: secrets.prod.server })),
      )),
    );
  await Promise.all(sdks.map((sdk) => sdk.sync(0)));
  const first = Date.now();
  for (let second = 0; second < size.seconds; second++) {
    server.change({ flag: plainFlag("flapping", { at: first + second, value: String(second) }) });
    server.close([1000, 1001, 1006, 1011][second % 4]!);
    await pause(1_000);
  }
  const last = plainFlag("flapping", { at: first + 1_000, value: "last" });
  server.change({ flag: last });
  const heardLast = (sdk: SdkClient) => told(sdk, "flapping").at(-1)?.updatedAt === last.updatedAt;
  await until("all hear of the last", () => sdks.every(heardLast), { within: 90_000 });
  expect(sdks.filter(({ closed }) => closed)).toEqual([]);
  for (const sdk of sdks) {
    const versions = told(sdk, "flapping").map(versionOf);
    expect(versions).toEqual(versions.toSorted((one, other) => one - other));
  }
}

/** An event server that is away for so long, while SDKs report ten times a second. */
export async function eventOutage(tidy: Tidy, seconds: number): Promise<void> {
  const events = await StandInFeatbit.start(tidy);
  const to = { featbit: { url: events.url.replace("ws", "http") } };
  const { url, outrider, status } = await followingRelay(tidy, { insights: { to, batch: { window: "1s" } } });
  const sent: string[] = [];
  const report = async () => {
    const keyId = `user-${sent.length}`;
    sent.push(keyId);
    const answer = await fetch(`${url}/api/public/insight/track`, {
      method: "POST",
      headers: { authorization: secrets.prod.client },
      body: JSON.stringify([{ user: { keyId }, metrics: [{ eventName: "e" }] }]),
    });
    expect(answer.status).toBe(200);
  };
  // Away in all the ways there are: it refuses, it fails, and there is nobody at all.
  const ways = [
    () => void Object.assign(events.state.statuses, { insights: 503 }),
    () => void Object.assign(events.state.statuses, { insights: 500 }),
    () => events.stop(),
  ];
  for (const [i, away] of ways.entries()) {
    await away();
    const end = performance.now() + (seconds * 1_000) / ways.length;
    for (; performance.now() < end; await pause(100)) await report();
    // Half-way the agent is started anew, with everything still unsent.
    if (i === 1) await outrider.restartAgent("flags");
    if (i === 1) await until("it serves again", () => status()?.syncState === "Stable", { within: 20_000 });
  }
  const back = await StandInFeatbit.start(tidy, { port: events.port });
  const arrived = () =>
    new Set(
      back.requests.flatMap(({ body }) =>
        (body as { user: { keyId: string } }[]).map(({ user }) => user.keyId),
      ),
    );
  // What waited for a minute is tried after as much again.
  await until("all have arrived", () => arrived().size === sent.length, { within: 150_000 });
  expect(arrived()).toEqual(new Set(sent));
  const { dropped = 0, rejected = 0 } = status().events ?? {};
  expect([dropped, rejected]).toEqual([0, 0]);
}
