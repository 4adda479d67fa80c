import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type Agent, type AgentKind, alone, defineAgent, type Host } from "../../src/core/agent.ts";
import { Health } from "../../src/core/health.ts";
import { type Life, onAbort } from "../../src/core/life.ts";
import { silent } from "../../src/core/log.ts";
import { unmeasured } from "../../src/core/metrics.ts";
import { Secret } from "../../src/core/secret.ts";
import { adapterLaws, agentLaws } from "../../src/laws/index.ts";
import { nowhere } from "../../src/wire/snapshot.ts";
import { broken } from "../tools/broken.ts";

// A law that nothing can break is worth nothing. So each is broken here, by something that comes near to obeying it.

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
