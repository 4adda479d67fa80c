import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type AgentKind, defineAgent } from "../core/agent.ts";
import { jsonSchema, keysAt } from "./json-schema.ts";
import { rootJsonSchema } from "./root.ts";
import { duration } from "./units.ts";

const make = (kind: string, shape: z.ZodRawShape) =>
  defineAgent({
    kind,
    summary: `The ${kind}.`,
    config: z.strictObject(shape),
    create: () => ({ run: async () => {} }),
  }) as unknown as AgentKind;

const kinds = [
  make("one", { from: z.union([z.string(), z.strictObject({ path: z.string(), watch: z.boolean() })]) }),
  make("two", { every: duration().prefault("5s"), list: z.array(z.strictObject({ deep: z.string() })) }),
];

describe("jsonSchema", () => {
  it("describes what a person writes, before defaults and units", () => {
    expect(
      jsonSchema(z.strictObject({ every: duration().prefault("5s").describe("How often.") })),
    ).toMatchObject({
      properties: { every: { type: "string", title: "duration", default: "5s", description: "How often." } },
      additionalProperties: false,
    });
    expect(jsonSchema(z.strictObject({ every: duration().prefault("5s") })).required).toBeUndefined();
  });
});

describe("rootJsonSchema", () => {
  it("knows every kind, each with its summary and what is common to all", () => {
    const text = JSON.stringify(rootJsonSchema(kinds));
    for (const known of ["The one.", "The two.", "required", "grace", "admin"]) expect(text).toContain(known);
  });
});

describe("keysAt", () => {
  const schema = rootJsonSchema(kinds);
  const at = (path: (string | number)[], data: unknown) => keysAt(schema, path, data).toSorted();
  const agents = { a: { kind: "one", from: { pth: 1 } }, b: { kind: "two", list: [{ dep: 1 }] } };

  it("knows the keys of the kind that the data names", () => {
    expect(at(["agents", "a"], { agents })).toEqual(["from", "grace", "kind", "required"]);
    expect(at(["agents", "b"], { agents })).toEqual(["every", "grace", "kind", "list", "required"]);
  });

  it("looks into unions, lists and the top level", () => {
    expect(at(["agents", "a", "from"], { agents })).toEqual(["path", "watch"]);
    expect(at(["agents", "b", "list", 0], { agents })).toEqual(["deep"]);
    expect(at([], { agents })).toContain("admin");
  });

  it("knows nothing where there is nothing", () => {
    expect(at(["agents", "a", "kind", "deeper"], { agents })).toEqual([]);
  });
});
