import { describe, expect, it } from "vitest";
import { strategyOf } from "../../../src/agents/queue/adapt/amqp-source.ts";
import { krakend } from "../../../src/agents/queue/adapt/index.ts";
import { LONG } from "../../../src/agents/queue/adapt/names.ts";
import { type Config, config } from "../../../src/agents/queue/config/agent.ts";
import { profiles } from "../../../src/agents/queue/profile.ts";
import { splitAddress } from "../../../src/config/units.ts";
import { ConfigProblem } from "../../../src/core/problems.ts";
import { maskUrl } from "../../../src/core/secret.ts";
import { vectors } from "../../tools/vectors.ts";

type Facts = Readonly<Record<string, unknown>>;

interface Entry {
  readonly name?: string;
  readonly backend?: readonly unknown[];
  readonly extra_config?: Facts;
}

interface Vector {
  readonly id: string;
  readonly title: string;
  readonly config: { readonly async_agent?: readonly Entry[] };
  readonly env?: Readonly<Record<string, string>>;
  readonly expect?: { readonly service: Facts; readonly agents: readonly (Facts & { backend: Facts[] })[] };
  readonly expect_error?: string;
  /** What ours does better. */
  readonly expect_ours?: Facts;
  /** What the released program does where the library does otherwise: it goes before what the library does. */
  readonly shipped_reader?: string;
}

const all = vectors<{ readonly vectors: readonly Vector[] }>("krakend-config.json").vectors;

function adapted({ config: document, env = {} }: Pick<Vector, "config" | "env">): Adapted[] {
  const { agents } = krakend.adapt({ document, env });
  return Object.entries(agents).map(([name, { kind: _, grace: __, ...agent }]) => ({
    name,
    agent: config.parse(agent),
  }));
}

interface Adapted {
  readonly name: string;
  readonly agent: Config;
}

/** What the vectors say of an agent, as far as our configuration knows it too. */
function factsOf({ name, agent }: Adapted, intervals: Readonly<Record<string, number>>) {
  const { amqp } = agent.from;
  return {
    name,
    timeout_ms: agent.timeout,
    workers: agent.workers,
    max_rate: agent.max_rate,
    topic: amqp?.routing_key[0],
    backoff_strategy: amqp?.reconnect.strategy,
    max_retries: amqp?.reconnect.times || "unlimited",
    health_interval_ms: intervals[name],
  };
}

function backendFacts({ to, timeout }: Config, ours: Config["to"][number], scheme: unknown) {
  expect(to).toContain(ours);
  return {
    encoding: ours.answer.encoding,
    host: ours.http?.url.filter((url) => url !== ""),
    method: ours.http?.method ?? profiles.krakend.method,
    sd_scheme: ours.http?.discover?.scheme ?? scheme,
    timeout_ms: timeout,
    url_pattern: ours.http?.path,
  };
}

/** The vectors have what was written; we have what it means: no limit, and json, are one thing. */
function inOurWords(facts: Facts): Facts {
  const { backoff_strategy: strategy, encoding, max_rate: rate, ...others } = facts;
  const name = String(encoding).toLowerCase();
  return {
    ...others,
    ...(strategy !== undefined && { backoff_strategy: strategyOf(String(strategy)) }),
    ...(encoding !== undefined && { encoding: ENCODINGS.includes(name) ? name : "json" }),
    ...(rate !== undefined && { max_rate: Math.max(0, Number(rate)) }),
  };
}

const ENCODINGS = ["safejson", "string", "xml", "no-op"];

/** Whether the released program does not start. */
function isRefused({ expect_error, shipped_reader }: Vector): boolean {
  if (shipped_reader !== undefined) return shipped_reader.startsWith("error");
  return expect_error !== undefined;
}

/** What we refuse on purpose, and the peer runs without a word, or as nothing. Source: krakend-async §1.2, §2.1. */
function refusedByUs({ config: { async_agent = [] } }: Vector): string | undefined {
  const running = async_agent.filter(({ backend = [] }) => backend.length > 0);
  const names = running.flatMap(({ name }) => name || []);
  if (running.length === 0) return "there is no agent to run";
  if (new Set(names).size < names.length) return "is the name of another agent too";
  const drivers = running.map(({ extra_config = {} }) =>
    Object.keys(extra_config).map((key) => LONG[key] ?? key),
  );
  return drivers.some((keys) => !keys.some((key) => DRIVERS.includes(key)))
    ? "there is no driver"
    : undefined;
}

const DRIVERS = [LONG["async/amqp"], LONG["backend/amqp/consumer"]];

describe("configurations, and what the peer makes of them", () => {
  const taken = all.filter((vector) => vector.expect && !isRefused(vector));

  it.each(taken)("$id: $title", (vector) => {
    const { expect: wanted, expect_ours } = vector;
    const ourRefusal = refusedByUs(vector);
    if (ourRefusal !== undefined) return expect(() => adapted(vector)).toThrow(ourRefusal);
    const agents = adapted(vector);
    const health = agents[0]?.agent.health;
    expect(splitAddress(health!.listen)).toMatchObject({ port: wanted!.service["port"] });
    // Those without backends are left out.
    const entries = vector.config.async_agent!.filter(({ backend = [] }) => backend.length > 0);
    const running = wanted!.agents.filter(({ backend }) => backend.length > 0);
    for (const [i, { backend, extra_config_keys, driver: _, ...facts }] of running.entries()) {
      const { driver, ...better } = { driver: undefined, ...expect_ours };
      const ours = agents[i]!;
      if (driver !== undefined) expect(Object.keys(ours.agent.from)).toContain(driver);
      expect(factsOf(ours, health!.agents)).toEqual(inOurWords({ ...facts, ...better }));
      const keys = Object.keys(entries[i]!.extra_config ?? {}).map((key) => LONG[key] ?? key);
      expect([...new Set(keys)].toSorted()).toEqual([...(extra_config_keys as string[])].toSorted());
      for (const [j, each] of backend.entries()) {
        const timeout = { timeout_ms: expect_ours?.["timeout_ms"] ?? each["timeout_ms"] };
        const { sd_scheme } = each;
        expect(backendFacts(ours.agent, ours.agent.to[j]!, sd_scheme)).toEqual(
          inOurWords({ ...each, ...timeout }),
        );
      }
    }
  });
});

describe("configurations that the peer refuses", () => {
  const refused = all.filter((vector) => isRefused(vector) || vector.expect_error !== undefined);

  it.each(refused)("$id: $title", (vector) => {
    const { expect_error, shipped_reader } = vector;
    const reading = expect(() => adapted(vector));
    // Only the library refuses it.
    if (!isRefused(vector)) return reading.not.toThrow();
    // What the released program says of itself is its own. Passwords are not repeated.
    if (shipped_reader === undefined) return reading.toThrow(maskUrl(expect_error!));
    return reading.toThrow(shipped_reader.includes("duration") ? "is no duration" : ConfigProblem);
  });
});
