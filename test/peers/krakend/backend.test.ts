import { describe, expect, it } from "vitest";
import { krakend } from "../../../src/agents/queue/adapt/index.ts";
import type { Answer } from "../../../src/agents/queue/backend/call.ts";
import { type JsonObject, parseJson, writeJson } from "../../../src/agents/queue/backend/json.ts";
import { stack } from "../../../src/agents/queue/backend/stack.ts";
import { config } from "../../../src/agents/queue/config/agent.ts";
import { plainEvent } from "../../../src/agents/queue/event.ts";
import { bare } from "../../../src/agents/queue/forward.ts";
import { Within } from "../../../src/core/life.ts";
import { Stage } from "../../tools/stage.ts";
import { type Seen, type StubAnswer, stub } from "../../tools/stubs.ts";
import { Tidy } from "../../tools/tidy.ts";
import { vectors } from "../../tools/vectors.ts";

interface Expected {
  readonly verdict: "ack" | "nack";
  readonly error?: string;
  readonly error_text?: string;
  readonly data: unknown;
  readonly data_text?: string;
  readonly complete?: boolean;
  readonly raw_body?: string;
  readonly calls: readonly (Omit<Seen, "headers"> & { readonly headers?: Record<string, string> })[];
}

interface Vector {
  readonly id: string;
  readonly group: string;
  readonly title: string;
  readonly agent: { readonly extra_config: object };
  readonly stubs: Readonly<Record<string, readonly StubAnswer[]>>;
  readonly messages: readonly { readonly body: string; readonly wait_ms?: number }[];
  readonly expect?: readonly Expected[];
  readonly expect_config_error?: string;
}

const { vectors: all } = vectors<{ readonly vectors: readonly Vector[] }>("krakend-backend.json");
const tidy = new Tidy();

const driver = { "async/amqp": { name: "q", host: "amqp://127.0.0.1/", exchange: "e" } };

/** A vector with our names for its stubs instead of its own, and the way back for what we say. */
class Scene {
  readonly seen: Seen[] = [];
  readonly #addresses = new Map<string, string>();

  async open(stubs: Vector["stubs"]): Promise<void> {
    for (const [name, answers] of Object.entries(stubs)) {
      this.#addresses.set(`http://${name}.test`, await stub(tidy, name, answers, this.seen));
    }
  }

  ours(text: string): string {
    return this.#swap(text, ([name, address]) => [name, address]);
  }

  theirs(text: string): string {
    return this.#swap(text, ([name, address]) => [address, name]);
  }

  #swap(text: string, order: (entry: [string, string]) => [string, string]): string {
    return [...this.#addresses].map(order).reduce((result, [from, to]) => result.replaceAll(from, to), text);
  }
}

async function built({ agent }: Vector, scene: Scene) {
  const entry = { ...agent, extra_config: { ...driver, ...agent.extra_config } };
  const document = JSON.parse(scene.ours(JSON.stringify({ version: 3, async_agent: [entry] })));
  const { agents } = krakend.adapt({ document, env: {} });
  const [ours] = Object.values(agents);
  const { kind: _, ...given } = ours as Record<string, unknown>;
  const parsed = config.parse(given);
  const stage = new Stage(tidy, { profile: "krakend", timeout: parsed.timeout });
  const backend = stack(parsed, stage);
  await stage.prepare();
  return { backend, timeout: parsed.timeout };
}

async function play(vector: Vector): Promise<void> {
  const scene = new Scene();
  await scene.open(vector.stubs);
  const { backend, timeout } = await built(vector, scene);
  for (const [index, { body, wait_ms = 0 }] of vector.messages.entries()) {
    await new Promise((resolve) => setTimeout(resolve, wait_ms));
    scene.seen.length = 0;
    const within = new Within(new AbortController().signal, timeout);
    const answer = await backend(bare(plainEvent(Buffer.from(body, "utf8"))), within.signal);
    within.release();
    compare(answer, vector.expect![index]!, scene);
  }
}

function compare(answer: Answer, expected: Expected, scene: Scene): void {
  const { problem } = answer;
  expect(problem ? "nack" : "ack", problem?.message).toBe(expected.verdict);
  if (expected.error !== undefined && expected.error_text === undefined) {
    expect(scene.theirs(problem!.message)).toContain(expected.error);
  }
  const text = scene.theirs(answer.data ? writeJson(sorted(answer.data)) : "null");
  // Its own copy, because a recorded -0 is 0 there.
  expect(plain(JSON.parse(text))).toEqual(plain(expected.data));
  if (expected.data_text !== undefined)
    expect(text).toBe(writeJson(sorted(parseJson(expected.data_text) as JsonObject)));
  if (expected.complete !== undefined) expect(answer.complete).toBe(expected.complete);
  if (expected.raw_body !== undefined) expect(answer.body?.toString("utf8")).toBe(expected.raw_body);
  compareCalls(scene, expected.calls);
}

function compareCalls(scene: Scene, expected: Expected["calls"]): void {
  const calls = [...scene.seen].sort((a, b) => a.backend.localeCompare(b.backend));
  expect(calls.map(({ headers: _, ...call }) => call)).toEqual(
    expected.map(({ headers: _, ...call }) => call),
  );
  for (const [index, { headers = {} }] of expected.entries()) {
    for (const [name, value] of Object.entries(headers)) {
      const seen = scene.theirs(String(calls[index]!.headers[name.toLowerCase()]));
      if (value === "<uuid v4>")
        expect(seen).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-/);
      else expect(seen.replaceAll(", ", ",")).toBe(value);
    }
  }
}

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null));
}

function sorted(data: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1)));
}

for (const group of new Set(all.map((vector) => vector.group))) {
  describe(`KrakenD's backends: ${group}`, () => {
    for (const vector of all.filter((one) => one.group === group)) {
      it(`${vector.id} ${vector.title}`, async () => {
        if (vector.expect_config_error === undefined) await play(vector);
        else await expect(built(vector, new Scene())).rejects.toThrow(vector.expect_config_error);
      });
    }
  });
}
