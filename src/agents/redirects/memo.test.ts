import { describe, expect, it } from "vitest";
import type { Decision } from "./decision.ts";
import type { Layer } from "./layer.ts";
import { Memo } from "./memo.ts";
import type { Project } from "./project.ts";

const layer = () => ({}) as Layer;
const project = (main: Layer, extra?: Layer) => ({ main, extra }) as Project;
const decision = { kind: "page" } as Decision;

describe("what was decided", () => {
  it("is remembered for its host and URL, and for nothing else", () => {
    const memo = new Memo();
    const shop = project(layer());
    memo.keep(shop, "a", "/x", decision);
    expect(memo.recall(shop, "a", "/x")).toBe(decision);
    expect([memo.recall(shop, "b", "/x"), memo.recall(shop, "a", "/y")]).toEqual([undefined, undefined]);
  });

  it("is forgotten when either of the layers is another one", () => {
    const memo = new Memo();
    const [main, extra] = [layer(), layer()];
    memo.keep(project(main, extra), "a", "/x", decision);
    for (const other of [project(layer(), extra), project(main, layer()), project(main)])
      expect(memo.recall(other, "a", "/x")).toBeUndefined();
  });

  it("takes room for a limited number of URLs of limited length", () => {
    const memo = new Memo();
    const shop = project(layer());
    for (let i = 0; i < 10_000; i++) memo.keep(shop, "a", `/${i}`, decision);
    const kept = Array.from({ length: 10_000 }, (_, i) => memo.recall(shop, "a", `/${i}`)).filter(Boolean);
    expect(kept.length).toBeLessThanOrEqual(4_096);
    expect(memo.recall(shop, "a", "/9999")).toBe(decision);
    const long = `/${"x".repeat(2_000)}`;
    memo.keep(shop, "a", long, decision);
    expect(memo.recall(shop, "a", long)).toBeUndefined();
  });
});
