import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type Agent, type AgentKind, alone, defineAgent, type Host } from "../../src/core/agent.ts";
import type { Delivery, Sink } from "../../src/core/delivery.ts";
import type { Feed, Link } from "../../src/core/feed.ts";
import { Health } from "../../src/core/health.ts";
import { type Life, onAbort, rung, unless } from "../../src/core/life.ts";
import { silent } from "../../src/core/log.ts";
import { unmeasured } from "../../src/core/metrics.ts";
import { LinkProblem, PartialProblem, RejectedProblem } from "../../src/core/problems.ts";
import type { Revision } from "../../src/core/revision.ts";
import { Secret } from "../../src/core/secret.ts";
import {
  adapterLaws,
  agentLaws,
  feedLaws,
  type Law,
  patience,
  sinkLaws,
  snapshotLaws,
  sourceLaws,
} from "../../src/laws/index.ts";
import { nowhere } from "../../src/wire/snapshot.ts";

/** The laws, by a piece of their name, that something breaks. */
async function broken(laws: readonly Law[], only: string): Promise<string | undefined> {
  const law = laws.find(({ name }) => name.includes(only));
  if (!law) throw new Error(`there is no law about "${only}"`);
  try {
    await law.check();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

// What fails here fails by waiting in vain, so it does not wait for long.
Object.assign(patience, { soon: 400, atOnce: 200, linger: 300 });

// A law that nothing can break is worth nothing. So each is broken here, by something that comes near to obeying it.

describe("the laws of a feed are broken by one that", () => {
  type Open = (
    link: Link<number>,
    given: { take(): number | undefined; wait(): Promise<void> },
  ) => AsyncGenerator<number>;

  /** A feed of numbers; what `open` leaves out breaks a law. */
  function numbers(open: Open) {
    let last = 0;
    let wake = () => {};
    const waiting: number[] = [];
    const given = {
      take: () => waiting.shift(),
      wait: () => new Promise<void>((resolve) => (wake = resolve)),
    };
    return {
      feed: { open: (link: Link<number>) => open(link, given) } satisfies Feed<number>,
      change: () => {
        waiting.push(++last);
        wake();
      },
      break: () => {},
    };
  }

  const good: Open = async function* (link, given) {
    link.up();
    while (!link.signal.aborted) {
      const next = given.take();
      if (next !== undefined) yield next;
      else await unless(link.signal, given.wait());
    }
  };

  const laws = (open: Open) => feedLaws(() => numbers(open));

  it.each<[string, string, Open]>([
    [
      "does not say that it is up",
      "is up once",
      async function* (link, given) {
        yield* good({ ...link, up: () => {} }, given);
      },
    ],
    [
      "does not notice changes",
      "yields when something",
      async function* (link) {
        yield* [];
        link.up();
        await rung(link.signal);
      },
    ],
    [
      "does not hear the signal",
      "and ends",
      async function* (link) {
        yield* [];
        link.up();
        await new Promise(() => {});
      },
    ],
    [
      "yields on after the signal",
      "nothing after the signal rang",
      async function* (link, given) {
        yield* good(link, given);
        await new Promise((resolve) => setTimeout(resolve, 50));
        yield 99;
      },
    ],
    [
      "does not look whether the signal has rung",
      "has rung before",
      async function* (link, given) {
        yield given.take() ?? 1;
        yield* good(link, given);
      },
    ],
    [
      "forgets what happened while it was closed",
      "loses nothing",
      async function* (link, given) {
        for (; given.take() !== undefined; );
        yield* good(link, given);
      },
    ],
    [
      "leaves a timer behind",
      "no listener, timer",
      async function* (link, given) {
        setInterval(() => {}, 1_000).unref();
        yield* good(link, given);
      },
    ],
    [
      "listens once more with each item",
      "no listener, timer",
      async function* (link, given) {
        for await (const item of good(link, given)) {
          onAbort(link.signal, () => {});
          yield item;
        }
      },
    ],
    [
      "throws no problem",
      "as a problem",
      async function* () {
        yield* [];
        throw new Error("ECONNREFUSED");
      },
    ],
  ])("%s", { timeout: 60_000 }, async (_, law, open) => expect(await broken(laws(open), law)).toBeDefined());
});

describe("the laws of a source are broken by one that", () => {
  /** A source of numbers, in the order they were put; `flaws` are what it does wrong. */
  function source(
    flaws: Partial<
      Record<"settles" | "forgets" | "late" | "rejects" | "retries" | "floods" | "shuffles", true>
    >,
  ) {
    const stored: { value: number; done: boolean }[] = [];
    let last = 0;
    let wake = () => {};
    const open = async function* (link: Link<Delivery<number>>): AsyncGenerator<Delivery<number>> {
      link.up();
      const out = new Set<object>();
      const again: typeof stored = [];
      while (!link.signal.aborted) {
        const order = flaws.shuffles ? stored.toReversed() : stored;
        const next = again.shift() ?? order.find((each) => !each.done && !out.has(each));
        const full = !flaws.floods && stored.filter((each) => out.has(each) && !each.done).length >= 5;
        if (!next || full) {
          const pause = new Promise<void>((resolve) => (wake = resolve));
          await Promise.race([pause, rung(link.signal)]);
          continue;
        }
        out.add(next);
        if (flaws.forgets) next.done = true;
        let settled = false;
        yield {
          value: next.value,
          bytes: 1,
          settle: (outcome) => {
            if ((link.signal.aborted && !flaws.late) || (settled && !flaws.settles)) return;
            settled = true;
            if (outcome === "done" || (outcome === "reject" && !flaws.rejects)) next.done = true;
            else if (outcome === "retry") {
              if (flaws.settles) next.done = false;
              if (flaws.retries) next.done = true;
              else again.push(next);
            }
            wake();
          },
        };
      }
    };
    return {
      source: { open } satisfies Feed<Delivery<number>>,
      prefetch: 5,
      put: (count: number) => {
        const values = Array.from({ length: count }, () => ++last);
        stored.push(...values.map((value) => ({ value, done: false })));
        wake();
        return values;
      },
    };
  }

  it("nothing is broken by a good one", async () => {
    for (const law of sourceLaws(() => source({}))) await law.check();
  });

  it.each<[string, Parameters<typeof source>[0], string]>([
    ["takes back what was settled", { settles: true }, "second settling"],
    ["forgets what was not settled", { forgets: true }, "not settled when it was closed"],
    ["can be told after it was closed", { late: true }, "after it was closed"],
    ["gives again what was rejected", { rejects: true }, "done or rejected"],
    ["does not retry", { retries: true }, "to be retried"],
    ["has too much out", { floods: true }, "no more out"],
    ["mixes the order", { shuffles: true }, "in order"],
  ])("%s", async (_, flaws, law) => {
    expect(
      await broken(
        sourceLaws(() => source(flaws)),
        law,
      ),
    ).toBeDefined();
  });
});

describe("the laws of a sink are broken by one that", () => {
  type Write = (items: readonly number[], signal: AbortSignal, kept: number[]) => Promise<void>;

  function sink(write: Write, more: object = {}) {
    const kept: number[] = [];
    let down = false;
    return {
      sink: {
        write: async (items, signal) => {
          if (down) throw new LinkProblem("connect_failed", "down");
          await write(items, signal, kept);
        },
      } satisfies Sink<number>,
      item: (number: number) => number,
      refused: () => -1,
      arrived: () => [...kept],
      break: () => {
        down = true;
      },
      mend: () => {
        down = false;
      },
      ...more,
    };
  }

  const good: Write = async (items, signal, kept) => {
    if (signal.aborted) throw new LinkProblem("connect_failed", "told to stop");
    kept.push(...items.filter((item) => item >= 0));
    const failed = items.flatMap((item, index) => (item < 0 ? [index] : []));
    if (failed.length === 0) return;
    throw new PartialProblem(
      new Map(failed.map((index) => [index, new RejectedProblem("item_refused", "never")])),
    );
  };

  it("nothing is broken by a good one", async () => {
    for (const law of sinkLaws(() => sink(good))) await law.check();
  });

  it.each<[string, string, Write, object?]>([
    [
      "is silent too early",
      "only when everything",
      async (items, _, kept) => void setTimeout(() => kept.push(...items), 20),
    ],
    ["loses some", "only when everything", async (items, signal, kept) => good(items.slice(1), signal, kept)],
    [
      "writes although the signal has rung",
      "rung before",
      async (items, _, kept) => void kept.push(...items),
    ],
    ["is silent although the signal has rung", "rung before", async () => {}],
    [
      "does not hear the signal",
      "ends when the signal rings",
      (_, signal) => new Promise(() => onAbort(signal, () => {})),
      { hang: () => {} },
    ],
    [
      "leaves a listener",
      "leaves nobody listening",
      async (items, signal, kept) => {
        signal.addEventListener("abort", () => {}, { signal: new AbortController().signal });
        setTimeout(() => signal.addEventListener("abort", () => {}), 0);
        await good(items, signal, kept);
        await new Promise((resolve) => setTimeout(resolve, 5));
        if (signal.aborted) signal.addEventListener("abort", () => {});
      },
    ],
    ["throws no problem", "as a problem", good, { break: () => {} }],
    [
      "refuses all for one",
      "names what can never",
      async (items, signal, kept) => {
        if (items.some((item) => item < 0)) throw new RejectedProblem("item_refused", "never");
        await good(items, signal, kept);
      },
    ],
    [
      "names the wrong one",
      "names what can never",
      (items, signal, kept) =>
        good(items, signal, kept).catch(() => {
          throw new PartialProblem(new Map([[0, new RejectedProblem("item_refused", "never")]]));
        }),
    ],
  ])("%s", { timeout: 60_000 }, async (_, law, write, more) => {
    expect(
      await broken(
        sinkLaws(() => sink(write, more)),
        law,
      ),
    ).toBeDefined();
  });
});

describe("the laws of a snapshot are broken by one that", () => {
  it("remembers nothing where it should", async () => {
    expect(
      await broken(
        snapshotLaws(() => ({ open: () => nowhere })),
        "saved last",
      ),
    ).toBeDefined();
  });

  it("remembers where it should not", async () => {
    let kept: Revision<unknown> | undefined;
    const open = () => ({
      load: async () => kept,
      save: async (revision: Revision<unknown>) => {
        kept = revision;
      },
    });
    expect(
      await broken(
        snapshotLaws(() => ({ open, remembers: false })),
        "saved last",
      ),
    ).toBeDefined();
  });

  it("loads what is torn", async () => {
    let text = "";
    const open = () => ({
      load: async () => (text === "" ? undefined : JSON.parse(text)),
      save: async (revision: unknown) => {
        text = JSON.stringify(revision);
      },
    });
    const tear = () => {
      text = text.replace("v1", "v9");
    };
    expect(
      await broken(
        snapshotLaws(() => ({ open, tear })),
        "torn",
      ),
    ).toBeDefined();
  });

  it("mixes what several save", async () => {
    const lines: string[] = [];
    const open = () => ({
      load: async () => (lines.length === 0 ? undefined : JSON.parse(lines.join(""))),
      save: async (revision: { version: string; data: unknown }) => {
        lines[0] = `{"version":"${revision.version}",`;
        await new Promise((resolve) => setTimeout(resolve, revision.version === "v9" ? 0 : 5));
        lines[1] = `"data":${JSON.stringify(revision.data)}}`;
      },
    });
    expect(
      await broken(
        snapshotLaws(() => ({ open })),
        "mixes",
      ),
    ).toBeDefined();
  });
});

describe("the laws of an agent are broken by one that", () => {
  const config = z.strictObject({
    token: z
      .string()
      .transform((text) => new Secret(text))
      .describe("Secret."),
  });

  function host(name: string): Host {
    return {
      name,
      log: silent,
      metrics: unmeasured,
      health: new Health(),
      doors: { open: async (address) => ({ address, leave: async () => {} }) },
      neighbours: alone,
      snapshot: () => nowhere,
      file: () => "",
      spool: (feed) => feed,
    };
  }

  type Create = (given: z.output<typeof config>, host: Host) => Agent;
  const good: Create = () => ({ run: (life) => rungOnce(life.stop), inspect: () => ({}) });

  function subject(create: Create, more: Partial<AgentKind> = {}) {
    const kind = { ...defineAgent({ kind: "broken", summary: "Broken.", config, create }), ...more };
    return {
      kind: kind as unknown as AgentKind,
      config: () => ({ token: "canary" }),
      host,
      grace: 300,
      secrets: ["canary"],
    };
  }

  /** Resolves when the signal rings, and listens no longer than that. */
  async function rungOnce(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => onAbort(signal, resolve));
  }

  it("nothing is broken by a good one", async () => {
    for (const law of agentLaws(() => subject(good))) await law.check();
  });

  const runs =
    (run: (life: Life) => Promise<void>): Create =>
    () => ({ run });

  it.each<[string, string, Create, Partial<AgentKind>?]>([
    [
      "takes unknown keys",
      "a schema",
      good,
      { config: z.looseObject({ token: z.string().describe("Secret.") }) as never },
    ],
    [
      "does not describe its options",
      "a schema",
      good,
      { config: z.strictObject({ token: z.string() }) as never },
    ],
    [
      "begins a timer when it is created",
      "without touching",
      (given, its) => {
        setTimeout(() => {}, 10);
        return good(given, its);
      },
    ],
    [
      "opens a door when it is created",
      "without touching",
      (given, its) => {
        void its.doors.open("127.0.0.1:1", { socket: () => {} });
        return good(given, its);
      },
    ],
    [
      "connects when it is created",
      "without touching",
      (given, its) => {
        connect(1, "127.0.0.1").on("error", () => {});
        return good(given, its);
      },
    ],
    ["does not hear stop", "grace of `stop`", runs((life) => rungOnce(life.kill))],
    [
      "does not hear kill",
      "at once on `kill`",
      runs(async (life) => {
        await rungOnce(life.stop);
        await new Promise((resolve) => setTimeout(resolve, 600));
      }),
    ],
    [
      "throws when it is stopped",
      "grace of `stop`",
      runs(async (life) => {
        await rungOnce(life.stop);
        throw new Error("on the way out");
      }),
    ],
    [
      "leaves a listener",
      "grace of `stop`",
      runs(async (life) => {
        onAbort(life.kill, () => {});
        await rungOnce(life.stop);
      }),
    ],
    [
      "leaves a timer",
      "grace of `stop`",
      runs(async (life) => {
        setInterval(() => {}, 1_000).unref();
        await rungOnce(life.stop);
      }),
    ],
    [
      "leaves a socket",
      "grace of `stop`",
      runs(async (life) => {
        const { createServer } = await import("node:net");
        const server = createServer().listen(0, "127.0.0.1");
        setTimeout(() => server.close(), 6_000).unref();
        await rungOnce(life.stop);
      }),
    ],
    [
      "does not look whether it has been stopped",
      "before it ran",
      runs(async (life) => {
        await new Promise((resolve) => life.stop.addEventListener("abort", resolve));
      }),
    ],
    [
      "exists once",
      "lives beside",
      (() => {
        let running = false;
        return runs(async (life) => {
          if (running) throw new Error("there is one already");
          running = true;
          await rungOnce(life.stop);
          running = false;
        });
      })(),
    ],
    [
      "tells its secret",
      "no secret",
      ({ token }) => ({ run: (life) => rungOnce(life.stop), inspect: () => token.reveal() }),
    ],
    [
      "logs its secret",
      "no secret",
      ({ token }, { log }) => ({
        run: async (life) => {
          log.info({ token: token.reveal() }, "running");
          await rungOnce(life.stop);
        },
      }),
    ],
    [
      "tells what is no JSON",
      "no secret",
      () => ({ run: (life) => rungOnce(life.stop), inspect: () => ({ now: () => 1 }) }),
    ],
    [
      "opens what it does not claim",
      "does not claim",
      (_, { doors }) => ({
        run: async (life) => {
          await doors.open("127.0.0.1:1", { socket: () => {} });
          await rungOnce(life.stop);
        },
      }),
    ],
    [
      "claims what it does not open",
      "does not claim",
      good,
      { claims: () => [{ address: "127.0.0.1:1", alone: true }] },
    ],
    [
      "makes series that nobody knows",
      "series",
      (given, its) => {
        its.metrics.counter({ name: "unknown_total", help: "", type: "counter" });
        return good(given, its);
      },
    ],
    [
      "cannot be probed in time",
      "probed",
      () => ({
        run: (life) => rungOnce(life.stop),
        async *probe() {
          yield await new Promise<never>(() => {});
        },
      }),
    ],
    [
      "has steps of one name in its probe",
      "probed",
      () => ({
        run: (life) => rungOnce(life.stop),
        probe: () => [1, 2].map(() => ({ step: "source", attempt: async () => {} })),
      }),
    ],
  ])("%s", { timeout: 60_000 }, async (_, law, create, more) => {
    expect(
      await broken(
        agentLaws(() => subject(create, more)),
        law,
      ),
    ).toBeDefined();
  });
});

describe("the laws of an adapter are broken by one that", () => {
  const kind = defineAgent({
    kind: "echo",
    summary: "For tests.",
    config: z.strictObject({ text: z.string() }),
    create: () => ({ run: async () => {} }),
  }) as unknown as AgentKind;
  let calls = 0;
  const fine = { kind: "echo", text: "x" };

  it.each<[string, string, () => { agents: object; notes?: object[] }]>([
    ["remembers", "same input", () => ({ agents: { a: { ...fine, text: `${++calls}` } } })],
    [
      "makes what we do not take",
      "our configuration takes",
      () => ({ agents: { a: { kind: "echo", txt: 1 } } }),
    ],
    ["makes no agent", "our configuration takes", () => ({ agents: {} })],
    ["gives a name that is none", "our configuration takes", () => ({ agents: { "a b": fine } })],
    [
      "knows a kind that there is not",
      "our configuration takes",
      () => ({ agents: { a: { kind: "ecco" } } }),
    ],
    [
      "names a place that is none",
      "names in each note",
      () => ({ agents: { a: fine }, notes: [{ at: "b.d", message: "x" }] }),
    ],
    [
      "refuses with a defect",
      "refuses",
      () => {
        throw new TypeError("no");
      },
    ],
  ])("%s", async (_, law, adapt) => {
    const adapter = { name: "peer", summary: "A peer.", adapt: () => ({ notes: [], ...adapt() }) as never };
    const input = { env: { A: "1" }, document: { b: { c: 1 } } };
    const laws = adapterLaws(() => ({ adapter, kinds: [kind], inputs: [input], refused: [input] }));
    expect(await broken(laws, law)).toBeDefined();
  });

  it("changes its input", async () => {
    const adapter = {
      name: "peer",
      summary: "A peer.",
      adapt: ({ document }: { document?: unknown }) => {
        (document as { b: number }).b = 2;
        return { agents: { a: fine }, notes: [] };
      },
    };
    const laws = adapterLaws(() => ({ adapter, kinds: [kind], inputs: [{ env: {}, document: { b: 1 } }] }));
    expect(await broken(laws, "same input")).toBeDefined();
  });

  it("finds itself everywhere", async () => {
    const adapter = {
      name: "peer",
      summary: "A peer.",
      detect: () => true,
      adapt: () => ({ agents: {}, notes: [] }),
    };
    expect(
      await broken(
        adapterLaws(() => ({ adapter, kinds: [], inputs: [] })),
        "command line",
      ),
    ).toBeDefined();
  });
});
