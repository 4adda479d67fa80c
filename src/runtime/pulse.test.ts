import { describe, expect, it } from "vitest";
import { adminOf } from "../../test/tools/admin.ts";
import type { Parrot } from "../../test/tools/parrot.ts";
import { Tidy } from "../../test/tools/tidy.ts";
import { kinds as ours } from "../agents/kinds.ts";
import { agentSchema } from "../config/root.ts";
import { Health } from "../core/health.ts";
import type { Supervisor } from "../core/supervisor.ts";
import { ProcessMetrics } from "./metrics.ts";
import { Pulses } from "./pulse.ts";

const tidy = new Tidy();
const STEP = 5_000;

/** An Outrider whose agent `a` is looked at by hand. */
async function room(text = "agents:\n  a: { kind: parrot }") {
  const made = await adminOf(tidy, text);
  made.outrider.pulses.stop();
  let now = Date.now();
  return {
    ...made,
    parrot: () => made.outrider.agent("a").agent as Parrot,
    look: () => {
      now += STEP;
      made.outrider.pulses.look(now);
    },
    begin: () => now,
  };
}

describe("the pulse of an agent", () => {
  it("is what it did since it was looked at last, a second", async () => {
    const { look, parrot, get } = await room();
    expect((await get("/api/agents/a")).pulse).toBeUndefined();
    look();
    expect((await get("/api/agents/a")).pulse).toEqual({ rate: 0, errors: 0 });
    parrot().told = 20;
    parrot().took.observe(0.01);
    parrot().took.observe(0.03);
    look();
    const { pulse } = await get("/api/agents/a");
    expect(pulse).toEqual({ rate: 4, errors: 4, latency: expect.closeTo(20, 3) });
    look();
    expect((await get("/api/agents")).agents[0].pulse).toEqual({ rate: 0, errors: 0 });
  });

  it("counts from nothing when the agent's counters do", async () => {
    const { look, parrot, post, outrider } = await room();
    look();
    parrot().told = 50;
    look();
    await post("/api/agents/a/restart");
    parrot().told = 5;
    look();
    expect(outrider.pulses.newest("a")?.rate).toBeCloseTo(1, 1);
  });

  it("counts the problems of its parts, and shows how far it is behind", async () => {
    const { look, outrider, post, source } = await room();
    look();
    source.text = "agents:\n  a: { kind: parrot, fails: part }";
    await post("/api/reload");
    const { health } = outrider.supervisor.ward("a")!;
    health.measures(() => 1_234);
    look();
    expect(outrider.pulses.newest("a")).toEqual({ rate: 0, errors: expect.closeTo(0.2, 3), age: 1_234 });
  });

  it("is kept for a quarter of an hour, and as long as there is the agent", async () => {
    const { look, parrot, get, post, source, begin } = await room();
    const start = begin();
    for (let round = 0; round < 200; round++) {
      parrot().told += round * 5;
      look();
    }
    const { step, samples } = await get("/api/agents/a/history");
    expect([step, samples.length]).toEqual([STEP, 180]);
    expect(samples[0]).toEqual([start + 21 * STEP, 20, 20, null, null]);
    expect(samples.at(-1)).toEqual([start + 200 * STEP, 199, 199, null, null]);
    const since = start + 198 * STEP;
    expect((await get(`/api/agents/a/history?since=${since}`)).samples).toHaveLength(2);
    source.text = "agents:\n  b: { kind: parrot }";
    await post("/api/reload");
    look();
    expect((await get("/api/agents/b/history")).samples).toHaveLength(1);
    source.text = "agents:\n  a: { kind: parrot }";
    await post("/api/reload");
    look();
    expect((await get("/api/agents/a/history")).samples).toHaveLength(1);
  });
});

describe("a round over 1,000 agents", () => {
  // What it costs is measured by bench/queue-costs.mjs, as the share of a processor that agents at rest take.
  it("reads the figures of each of them once", () => {
    let read = 0;
    const kind = ours.find((each) => each.kind === "queue")!;
    const metrics = new ProcessMetrics();
    const names = Array.from({ length: 1_000 }, (_, index) => `agent-${index}`);
    const wards = new Map(names.map((name) => [name, ward(name)]));
    function ward(name: string) {
      const own = metrics.for({ agent: name, kind: kind.kind });
      for (const spec of kind.metrics ?? []) {
        if (spec.type === "histogram") own.histogram(spec, {}).observe(0.1);
      }
      const settled = kind.metrics!.find((each) => each.name.endsWith("settled_total"))!;
      const outcomes = ["delivered", "filtered", "duplicate", "rejected", "requeued"];
      own.read(settled, () => {
        read++;
        return outcomes.map((outcome) => ({ labels: { outcome }, value: 7 }));
      });
      const health = new Health();
      health.measures(() => 5);
      return { plan: { kind: kind.kind }, health };
    }
    const supervisor = { names, ward: (name: string) => wards.get(name) } as unknown as Supervisor;
    const pulses = new Pulses(supervisor, metrics, () => kind.headline);
    for (let round = 1; round <= 150; round++) {
      pulses.look();
      expect(read).toBe(round * names.length);
    }
    expect(pulses.history("agent-7")).toHaveLength(150);
  });
});

describe("the kinds", () => {
  it.each(ours.map((kind) => [kind.kind, kind] as const))(
    "%s has a headline of its own metrics",
    (_name, kind) => {
      const { rate, errors = [], latency } = kind.headline!;
      const own = new Set(kind.metrics);
      expect(
        [...rate, ...errors].filter(({ metric }) => !own.has(metric) || metric.type !== "counter"),
      ).toEqual([]);
      for (const { metric, only = {} } of [...rate, ...errors]) {
        expect(Object.keys(only).filter((label) => !metric.labels?.includes(label))).toEqual([]);
      }
      expect(latency === undefined || (own.has(latency) && latency.type === "histogram")).toBe(true);
    },
  );

  it.each(ours.map((kind) => [kind.kind, kind] as const))(
    "%s has an example that is valid",
    (_name, kind) => {
      expect(agentSchema(kind).safeParse({ kind: kind.kind, ...kind.example }).error).toBeUndefined();
    },
  );
});
