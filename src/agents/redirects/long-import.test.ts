import { describe, expect, it } from "vitest";
import { buildMatcher } from "./build.ts";
import { loadList } from "./manager-pages.ts";
import { partly } from "./partly.ts";
import { type Rule, RuleSet } from "./rules.ts";

const rule = (index: number): Rule => ({
  type: "BASIC",
  source: `/old/${index}`,
  target: `/new/${index}`,
  status: "MOVED_PERMANENT",
  code: 301,
});

describe("how far an import of many rules is", () => {
  it("is told while they are made ready, in slices", async () => {
    const rules = RuleSet.of(Array.from({ length: 200_000 }, (_, index) => rule(index)));
    const told: number[] = [];
    const options = { matching: "fixed", onBadRule: "skip", now: Date.now() } as const;
    await buildMatcher(rules, {
      ...options,
      told: (done, of) => {
        expect(of).toBe(200_000);
        told.push(done);
      },
    });
    expect(told.length).toBeGreaterThan(2);
    expect(told).toEqual([...told].sort((a, b) => a - b));
    expect(told.at(-1)).toBeLessThanOrEqual(200_000);
  });

  it.each([
    ["as the peer does", true],
    ["by cursor", false],
  ])("is told while they are read page by page, %s", async (_, asPeer) => {
    const told: string[] = [];
    const ask = async (query: string) => {
      const given = new URLSearchParams(query);
      const offset = Number(given.get("cursor") ?? given.get("offset"));
      const items = Array.from({ length: 10 }, (_, index) => offset + index);
      return { items, total: 30, next: offset < 20 && !asPeer ? String(offset + 10) : undefined };
    };
    const list = await loadList(ask, {
      asPeer,
      pageSize: 10,
      told: (done, of) => told.push(`${done}/${of}`),
    });
    expect(list).toHaveLength(30);
    expect(told).toEqual(asPeer ? ["10/30", "20/30", "30/30"] : ["20/30", "30/30"]);
  });

  it("is written in numbers and in percent", () => {
    expect(partly({ read: 45_000 }, 90_000)).toEqual({ read: 45_000, of: 90_000, percent: 50 });
    expect(partly({ built: 0 }, 0)).toEqual({ built: 0, of: 0, percent: 100 });
  });
});
