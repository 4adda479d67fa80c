import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { expect, it, vi } from "vitest";
import type { Delivery, Sink } from "../../src/core/delivery.ts";
import type { HttpTenant } from "../../src/core/doors.ts";
import { Health } from "../../src/core/health.ts";
import { Lifetime, rung, settlesWithin, sleep, unless, Within } from "../../src/core/life.ts";
import { Pipeline, type PipelineOptions } from "../../src/core/pipeline.ts";
import { LinkProblem, PartialProblem, type Problem, RejectedProblem } from "../../src/core/problems.ts";
import { listeners } from "../../src/laws/leftovers.ts";
import { House } from "../../src/wire/doors.ts";
import { delivery, HandFeed } from "../tools/hand-feed.ts";
import { startOutrider } from "../tools/outrider.ts";
import { Survivors } from "../tools/survivors.ts";
import { Tidy } from "../tools/tidy.ts";
import { until } from "../tools/until.ts";

const tidy = new Tidy();
const root = fileURLToPath(new URL("../..", import.meta.url));

/** The files below `src` whose code, without comments and tests, matches. */
function filesWith(pattern: RegExp): string[] {
  const files = readdirSync(`${root}/src`, { recursive: true, encoding: "utf8" });
  return files
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .filter((file) => pattern.test(codeOf(`src/${file}`)))
    .toSorted();
}

function codeOf(file: string): string {
  return readFileSync(`${root}/${file}`, "utf8").replace(/^\s*(?:\/\/|\*|\/\*\*).*$/gm, "");
}

/** A pipeline from a feed of the test's own to a sink, one by one unless the test says otherwise. */
function pipeline(sink: Sink<string>, options: Partial<PipelineOptions<string, string>> = {}) {
  const source = new HandFeed<Delivery<string>>();
  const life = new Lifetime();
  const one = { items: 1, bytes: 1_000, window: 1_000 };
  const same = { transform: (value: string) => value, workers: 1, retries: 1, backoff: () => 60_000 };
  const health = new Health();
  const ended = new Pipeline<string>({ source, sink, batch: one, health, ...same, ...options }).run(life);
  tidy.later(() => life.ringKill("stopped"));
  return { source, life, ended };
}

it("trap 1: what passes by is not kept by a promise that lives longer", async () => {
  const items = 1_000;
  const { signal } = new AbortController();
  const waitedFor = new Survivors();
  for (let i = 0; i < items; i++) await unless(signal, Promise.resolve(waitedFor.watch({ i })));
  expect(await waitedFor.count()).toBeLessThan(10);

  const piped = new Survivors();
  let done = 0;
  const { source, life, ended } = pipeline({ write: async () => {} }, { settled: () => void done++ });
  for (let i = 0; i < items; i++) {
    source.give(piped.watch({ value: `${i}`, bytes: 1, settle: () => {} }));
    if (i % 100 === 99) await until("they are through", () => done > i, { every: 1 });
  }
  expect(await piped.count()).toBeLessThan(10);
  life.ringStop("stopped");
  await ended;

  // `unless` and `settlesWithin` make a fresh promise each time; whoever races may do so once, where a life begins.
  const races = filesWith(/\bPromise\.(race|any)\(/).filter((file) => !/^(laws|runtime)\//.test(file));
  expect(races).toEqual([]);
});

it("trap 2: no listener stays on a life signal, and one helper alone adds them", async () => {
  const counts = new Set<string>();
  const { source, life, ended } = pipeline({
    write: async (_, kill) => {
      await unless(kill, sleep(0, kill));
      new Within(kill, 1_000).end();
      counts.add([life.stop, life.kill, kill].map(listeners).join());
    },
  });
  const all = Array.from({ length: 200 }, (_, i) => delivery(`${i}`));
  source.give(...all);
  await until("all are through", () => all.at(-1)?.outcomes.length === 1);
  expect(counts.size).toBe(1);
  life.ringStop("stopped");
  await ended;
  expect(listeners(life.stop) + listeners(life.kill)).toBe(0);
  expect(filesWith(/addEventListener\(\s*["']abort|AbortSignal\.any\(/)).toEqual(["core/crowd.ts"]);
});

it("trap 3: SIGUSR1 never opens the debugger, however early it comes", async () => {
  // From its own thread, the hook sends one at the moment when a file is looked up that is not the catcher's.
  const hook = `export async function resolve(what, context, next) {
    if (!/cli\\.js$|signals\\.js$|^node:|^data:/.test(what)) process.kill(process.pid, "SIGUSR1");
    return next(what, context);
  }`;
  const load = `import { register } from "node:module"; register(${JSON.stringify(asModule(hook))});`;
  const outrider = await startOutrider(tidy, {
    config: {
      admin: false,
      agents: { web: { kind: "haproxy", listen: "127.0.0.1:0", from: { file: "state.json" } } },
    },
    env: { NODE_OPTIONS: `--import=${asModule(load)}` },
  });
  // The handler is ours, too, which `--disable-sigusr1` would have silenced.
  await outrider.says("state saved");
  expect(await outrider.stop()).toEqual({ status: 0, signal: null });
  expect(outrider.stderr).not.toMatch(/debugger|inspector/i);
});

const asModule = (code: string) => `data:text/javascript,${encodeURIComponent(code)}`;

it("trap 4: nobody waits for a signal that has rung already", async () => {
  const over = AbortSignal.abort();
  const inner = new Within(over).signal;
  const waits = [rung(over), sleep(60_000, over), unless(over, new Promise(() => {})), rung(inner)];
  expect(await settlesWithin(1_000, Promise.all(waits))).toBe(true);

  // A sink that only listens would wait for ever; so none is called once the bell has rung, wherever that was.
  const link = new LinkProblem("connect_failed", "gone");
  const never = new RejectedProblem("item_refused", "never");
  for (const [where, problem] of Object.entries({ transform: link, backoff: link, rejected: never })) {
    const late: string[] = [];
    const passes = <V>(here: string, answer: V): V => {
      if (here === where) life.ringKill("stopped");
      return answer;
    };
    const takes = (name: string, answer: () => void) => ({
      write: async (_: unknown, kill: AbortSignal) => {
        if (kill.aborted) late.push(name);
        answer();
      },
    });
    const refuses = () => {
      throw problem;
    };
    const { source, life, ended } = pipeline(takes("sink", refuses), {
      transform: (value) => passes("transform", value),
      batch: { items: 2, bytes: 1_000, window: 1_000 },
      backoff: () => passes("backoff", 0),
      rejected: takes("rejected", () => passes("rejected", undefined)),
    });
    source.give(delivery("a"), delivery("b"));
    await ended;
    expect(late).toEqual([]);
  }
});

it("trap 5: a batch's window starts with its first item and fires by a timer", async () => {
  vi.useFakeTimers();
  tidy.later(() => void vi.useRealTimers());
  const writes: (readonly string[])[] = [];
  const batch = { items: 10, bytes: 1_000, window: 1_000 };
  const { source } = pipeline({ write: async (items) => void writes.push(items) }, { batch });
  await vi.advanceTimersByTimeAsync(900);
  source.give(delivery("first"));
  await vi.advanceTimersByTimeAsync(900);
  source.give(delivery("second"));
  await vi.advanceTimersByTimeAsync(99);
  expect(writes).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(writes).toEqual([["first", "second"]]);
});

/** A connection to a door that has sent this; it neither closes nor asks for more. */
async function connected(port: number, sent: string): Promise<Socket> {
  const socket = createConnection({ port, host: "127.0.0.1" }).on("error", () => {});
  tidy.later(() => void socket.destroy());
  await once(socket, "connect");
  if (sent !== "") socket.write(sent);
  return socket;
}

it.each([
  ["the fast lane", { quick: () => "HTTP/1.1 204 No Content\r\n\r\n" }],
  ["Node's own server", {}],
])(
  "trap 6: kept-alive connections of %s do not hold up a door that closes, and busy ones only for a while",
  async (_, more) => {
    const house = new House();
    let asked: (() => void) | undefined;
    const busy = new Promise<void>((resolve) => (asked = resolve));
    const request: HttpTenant["request"] = ({ url }, response) =>
      url === "/busy" ? asked?.() : void response.end();
    const { address } = await house.for("web").open("127.0.0.1:0", { request, ...more });
    const port = Number(address.split(":").at(-1));
    const answered = await connected(port, "GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    await once(answered, "data");
    const idle = [answered, await connected(port, ""), await connected(port, "GET /half")];
    await connected(port, "POST /busy HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n");
    await busy;

    const bound = new AbortController();
    const swept = house.close(bound.signal);
    await Promise.all([once(answered, "close"), once(idle[1]!, "close")]);
    expect(await settlesWithin(50, swept)).toBe(false);
    bound.abort();
    expect(await settlesWithin(1_000, swept)).toBe(true);
  },
);

it("trap 7: an outcome belongs to its item, not to its place in a batch that was reshaped", async () => {
  const never = new RejectedProblem("item_refused", "never");
  const link = new LinkProblem("connect_failed", "gone");
  /** What becomes of an item at its first write, at its second, and so on. */
  const fates: Record<string, (Problem | undefined)[]> = {
    a: [undefined],
    b: [link, never],
    dropped: [],
    c: [never],
    d: [link, link, undefined],
    e: [link, undefined],
    f: [link, link, never],
  };
  const write = async (items: readonly string[]) => {
    const fate = items.map((item, index): [number, Problem | undefined] => [index, fates[item]?.shift()]);
    const failed = fate.filter((each): each is [number, Problem] => each[1] !== undefined);
    if (failed.length > 0) throw new PartialProblem(new Map(failed));
  };
  const transform = (value: string) => (value === "dropped" ? undefined : value);
  const batch = { items: 6, bytes: 1_000, window: 60_000 };
  const { source } = pipeline({ write }, { transform, batch, retries: 5, backoff: () => 0 });
  const all = Object.keys(fates).map((value) => delivery(value));
  source.give(...all);
  await until("every item is settled", () => all.every(({ outcomes }) => outcomes.length > 0));
  expect(Object.fromEntries(all.map(({ value, outcomes }) => [value, outcomes.join()]))).toEqual({
    a: "done",
    b: "reject",
    dropped: "done",
    c: "reject",
    d: "done",
    e: "done",
    f: "reject",
  });
});
