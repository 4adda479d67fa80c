import type { Answer, Call } from "../../src/agents/queue/backend/call.ts";
import { type JsonObject, parseJson } from "../../src/agents/queue/backend/json.ts";
import { lua } from "../../src/agents/queue/backend/lua/index.ts";
import { lua as schema } from "../../src/agents/queue/config/layers.ts";
import { Bench, configured, through } from "./layers.ts";
import { Tidy } from "./tidy.ts";

export const tidy = new Tidy();

export type Given = Parameters<typeof configured<typeof schema>>[1];

/** A layer that is ready, and a way to send calls through it. */
export async function ready(given: Given, level: "agent" | "backend" = "backend", bench = new Bench()) {
  tidy.later(() => bench.close());
  const layer = lua(configured(schema, given), bench.around, level);
  await bench.prepared();
  return (call?: Call, answer?: Partial<Answer>) => through(bench, layer, call, answer);
}

export const text = (call: Call | undefined) => call?.body.toString();
export const data = (json: string) => ({ data: parseJson(json) as JsonObject });
