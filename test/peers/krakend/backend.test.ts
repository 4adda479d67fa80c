import { describe, expect, it } from "vitest";
import type { Answer } from "../../../src/agents/queue/backend/call.ts";
import { type JsonObject, parseJson, writeJson } from "../../../src/agents/queue/backend/json.ts";
import type { Seen, StubAnswer } from "../../tools/stubs.ts";
import { Tidy } from "../../tools/tidy.ts";
import { vectors } from "../../tools/vectors.ts";
import { type Entry, Scene } from "./scene.ts";

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
  readonly agent: Entry;
  readonly stubs: Readonly<Record<string, readonly StubAnswer[]>>;
  readonly messages: readonly { readonly body: string; readonly wait_ms?: number }[];
  readonly expect?: readonly Expected[];
  readonly expect_config_error?: string;
}

const { vectors: all } = vectors<{ readonly vectors: readonly Vector[] }>("krakend-backend.json");
const tidy = new Tidy();

async function play(vector: Vector): Promise<void> {
  const scene = new Scene(tidy);
  await scene.open(vector.stubs);
  const run = await scene.built(vector.agent);
  for (const [index, { body, wait_ms = 0 }] of vector.messages.entries()) {
    await new Promise((resolve) => setTimeout(resolve, wait_ms));
    compare(await run(body), vector.expect![index]!, scene);
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
        else await expect(new Scene(tidy).built(vector.agent)).rejects.toThrow(vector.expect_config_error);
      });
    }
  });
}
