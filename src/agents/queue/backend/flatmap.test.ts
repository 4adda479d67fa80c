import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { vectors } from "../../../../test/tools/vectors.ts";
import { type FlatmapOperation, flatmap } from "./flatmap.ts";
import type { JsonObject } from "./json.ts";

interface Vector {
  readonly id: string;
  readonly group: string;
  readonly title: string;
  readonly agent: { readonly backend: readonly Backend[] };
  readonly stubs: Readonly<Record<string, readonly { readonly body: string }[]>>;
  readonly expect: readonly { readonly data: JsonObject | null }[];
}

interface Backend {
  readonly target?: string;
  readonly extra_config?: { readonly proxy?: { readonly flatmap_filter?: readonly FlatmapOperation[] } };
}

const move = (...args: string[]) => ({ type: "move", args });
const del = (...args: string[]) => ({ type: "del", args });
const append = (...args: string[]) => ({ type: "append", args });

const recorded = vectors<{ vectors: readonly Vector[] }>("krakend-backend.json").vectors.filter(
  // F14 also has a target, F16 no operation at all, and F21 two backends: they are for the whole stack.
  ({ id, group }) => group === "flatmap" && !["F14", "F16", "F21"].includes(id),
);

describe("flatmap, as recorded", () => {
  it.each(recorded)("$id $title", ({ agent, stubs, expect: [expected] }) => {
    const operations = agent.backend[0]?.extra_config?.proxy?.flatmap_filter ?? [];
    const data = JSON.parse(stubs["b0"]?.[0]?.body ?? "{}") as JsonObject;
    expect(flatmap(operations, data) ?? null).toEqual(expected?.data);
  });
});

describe("flatmap", () => {
  it("keeps an empty container that was empty, and makes null of one that was emptied", () => {
    expect(flatmap([del("a.*", "b.0")], { a: [1, 2], b: [1], c: [], d: {} })).toEqual({
      a: null,
      b: null,
      c: [],
      d: {},
    });
    expect(flatmap([del("*")], { a: 1 })).toBeUndefined();
    expect(flatmap([del("a")], {})).toEqual({});
  });

  it("puts a promoted value under what the wildcard was at the source", () => {
    const data = { a: { x: { in: { v: 1 } }, y: { in: { v: 2 } } } };
    expect(flatmap([move("a.*.in.v", "a.*.v")], data)).toEqual({
      a: { x: { in: null, v: 1 }, y: { in: null, v: 2 } },
    });
  });

  it("looks at no parent of the destination when only the last label changes", () => {
    expect(flatmap([move("a.b", "z.c")], { a: { b: 1 } })).toEqual({ a: { c: 1 } });
  });

  it("takes a star as the last segment of a source by its name", () => {
    expect(flatmap([move("a.*", "b.c")], { a: { x: 1 } })).toEqual({ a: { x: 1 } });
  });

  it("adds a moved value to a list as one more item", () => {
    expect(flatmap([move("a.b.c", "l.0")], { a: { b: { c: 9 } }, l: [1, 2] })).toEqual({
      a: { b: null },
      l: [1, 2, 9],
    });
  });

  it("appends what a wildcard gathers", () => {
    expect(
      flatmap([append("a.*.v", "b")], {
        a: [
          { v: 1, w: 0 },
          { v: 2, w: 0 },
        ],
        b: [0],
      }),
    ).toEqual({
      a: [{ w: 0 }, { w: 0 }],
      b: [0, 1, 2],
    });
    expect(flatmap([append("a", "b")], { a: [], b: [] })).toEqual({ b: [] });
  });

  it("skips operations without enough arguments", () => {
    expect(flatmap([move("a"), append("a"), del()], { a: 1 })).toEqual({ a: 1 });
  });

  it("takes names that JavaScript knows for ordinary ones", () => {
    const data = JSON.parse('{"__proto__":{"a":1},"b":{"c":2}}') as JsonObject;
    expect(JSON.stringify(flatmap([move("b.c", "constructor")], data))).toBe(
      '{"__proto__":{"a":1},"b":null,"constructor":2}',
    );
  });

  const label = fc.constantFrom("a", "b", "c", "0", "1", "*", "");
  const path = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join("."));
  const operation = fc.record({
    type: fc.constantFrom("move", "del", "append", "other"),
    args: fc.array(path, { maxLength: 3 }),
  });
  const { data } = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 4 }, fc.integer(), fc.constant(null), tie("list"), tie("data")),
    list: fc.array(tie("value"), { maxLength: 3 }),
    data: fc.dictionary(fc.constantFrom("a", "b", "c", "0"), tie("value"), { maxKeys: 3 }),
  }));

  it("never throws, and leaves what it was given alone", () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 5 }), data, (operations, given) => {
        const before = JSON.stringify(given);
        flatmap(operations, given as JsonObject);
        expect(JSON.stringify(given)).toBe(before);
      }),
    );
  });

  it("without operations is the same again", () => {
    fc.assert(
      fc.property(data, (given) => {
        expect(flatmap([], given as JsonObject)).toEqual(given);
      }),
    );
  });
});
