import { describe, expect, it } from "vitest";
import { Stage } from "../../../../test/tools/stage.ts";
import { Tidy } from "../../../../test/tools/tidy.ts";
import { vectors } from "../../../../test/tools/vectors.ts";
import { silent } from "../../../core/log.ts";
import { ConfigProblem } from "../../../core/problems.ts";
import { plainEvent } from "../event.ts";
import { type Profile, profiles } from "../profile.ts";
import type { Answer, Call } from "./call.ts";
import { schema } from "./schema.ts";

const tidy = new Tidy();
const around = (profile: Profile, log = silent) => new Stage(tidy, { profile, log });

async function verdict(config: unknown, body: string, profile: Profile = profiles.krakend): Promise<string> {
  const bytes = Buffer.from(body);
  const event = plainEvent(bytes);
  const call: Call = {
    event,
    method: "",
    path: "",
    url: "",
    query: {},
    params: {},
    headers: {},
    body: bytes,
  };
  const answer: Answer = { data: undefined, complete: true, status: 0, headers: {} };
  const innermost = (given: Call) => Promise.resolve(given === call ? answer : { ...answer, status: 1 });
  const layer = schema(config, around(profile));
  const made = await (layer ? layer(innermost) : innermost)(call, new AbortController().signal);
  return made.problem?.message ?? (made === answer ? "passes" : "changed");
}

interface Vector {
  readonly id: string;
  readonly group: string;
  readonly title: string;
  readonly agent: { readonly extra_config: { readonly "validation/json-schema": unknown } };
  readonly messages: readonly { readonly body: string }[];
  readonly expect: readonly { readonly verdict: string }[];
}

const recorded = vectors<{ vectors: readonly Vector[] }>("krakend-backend.json").vectors.filter(
  ({ group }) => group === "jsonschema",
);

describe("schema, as recorded", () => {
  it.each(recorded)("$id $title", async ({ agent, messages, expect: expected }) => {
    const made = await verdict(agent.extra_config["validation/json-schema"], messages[0]!.body);
    expect(made === "passes" ? "ack" : "nack").toBe(expected[0]!.verdict);
  });
});

describe("schema", () => {
  const draft = (name: string) => `http://json-schema.org/draft-${name}/schema#`;
  const later = (name: string) => `https://json-schema.org/draft/${name}/schema`;

  it.each<[unknown, string, string]>([
    [{ $schema: draft("04"), type: "number", minimum: 5, exclusiveMinimum: true }, "6", "5"],
    [
      { $schema: draft("04"), id: "http://x/y", definitions: { a: { id: "#a", type: "null" } }, $ref: "#a" },
      "null",
      "1",
    ],
    [{ $schema: draft("04"), properties: { id: { type: "number" } } }, '{"id":1}', '{"id":"x"}'],
    [{ $schema: draft("06"), exclusiveMinimum: 5, const: 6 }, "6", "5"],
    [{ $schema: draft("07"), if: { type: "string" }, else: { minimum: 3 } }, "3", "2"],
    [{ $schema: later("2019-09"), dependentRequired: { a: ["b"] } }, '{"a":1,"b":1}', '{"a":1}'],
    [{ $schema: later("2020-12"), prefixItems: [{ type: "string" }], items: false }, '["a"]', '["a",1]'],
    [{ prefixItems: [{ type: "string" }] }, '["a"]', "[1]"],
    [{ multipleOf: 0.01 }, "19.99", "19.995"],
    [{ multipleOf: 0.1 }, "0.3", "0.35"],
    [{ multipleOf: 1 }, "1e300", "5.0000001"],
    [{ multipleOf: 0.5 }, "-1.5", "1e-300"],
    [{ items: { multipleOf: 3 } }, '[0, 6, "a", 9e0]', "[3, 4]"],
    [{ items: [{ type: "string" }], additionalItems: false }, '["a"]', '["a",1]'],
    [{ maximum: 5, exclusiveMaximum: true }, "4", "5"],
    [{ maximum: 5, exclusiveMaximum: false }, "5", "6"],
    [{ definitions: { a: { type: "null" } }, $ref: "#/definitions/a" }, "null", "1"],
    [{ type: "string", format: "email" }, '"a@b.cd"', '"a"'],
    [{ type: "string", format: "of-ours" }, '"a"', "1"],
    [{ type: "string", pattern: "(?i)^abc$" }, '"ABC"', '"x"'],
    [
      { properties: { a: { pattern: "^a" }, b: { pattern: "^b" } } },
      '{"a":"a","b":"b"}',
      '{"a":"a","b":"a"}',
    ],
    [{ type: "string", pattern: "^(?=a)" }, '"ab"', '"b"'],
    [{ type: "integer" }, "1.0", "1.5"],
    [{ enum: [{ exclusiveMinimum: true, minimum: 1 }] }, '{"minimum":1,"exclusiveMinimum":true}', "{}"],
    [{ type: "object" }, "{} trailing", "[]"],
  ])("%j", async (config, fits, doesNot) => {
    expect(await verdict(config, fits)).toBe("passes");
    expect(await verdict(config, doesNot)).not.toBe("passes");
    expect(await verdict(config, fits, profiles.safe)).toBe("passes");
  });

  it("may be true or false", async () => {
    expect([await verdict(true, "1"), await verdict(false, "1")]).toEqual(
      ["passes", "boolean schema is false"].map((text) => expect.stringContaining(text)),
    );
  });

  it("says what is wrong", async () => {
    const config = { properties: { id: { type: "number" } } };
    expect(await verdict(config, '{"id":"x"}')).toBe("body/id must be number");
    expect(await verdict(config, "")).toBe("could not validate an empty body");
    expect(await verdict(config, "{nope")).toBe("could not validate a body that is no JSON");
  });

  it.each<[unknown]>([
    [{ type: "not a type" }],
    [{ $ref: "https://example.com/schema.json" }],
    [{ $ref: "#/nowhere" }],
    [{ $schema: "https://example.com/own" }],
    [{ pattern: "(" }],
    ["text"],
    [null],
  ])("%j is refused, or left out as the peer does", async (config) => {
    const errors: string[] = [];
    const log = { ...silent, error: (_: object, message: string) => void errors.push(message) };
    expect(schema(config, around(profiles.krakend, log))).toBeUndefined();
    expect(errors).toHaveLength(1);
    expect(() => schema(config, around(profiles.safe))).toThrow(ConfigProblem);
  });

  it("may be used twice, by the same name", async () => {
    const config = { $id: "https://example.com/mine", type: "null" };
    expect([await verdict(config, "null"), await verdict(config, "null")]).toEqual(["passes", "passes"]);
  });
});
