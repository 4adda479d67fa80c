import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { silent } from "../../../core/log.ts";
import { LinkProblem } from "../../../core/problems.ts";
import type { SrvRecord } from "../../../wire/dns.ts";
import { discover, weighted } from "./discover.ts";
import { Hosts } from "./hosts.ts";

const record = (name: string, weight: number, priority = 1): SrvRecord => ({
  name,
  port: 80,
  priority,
  weight,
});

/** How often each host is in a list. */
function counted(list: readonly (string | undefined)[]) {
  const counts: Record<string, number> = {};
  for (const host of list) counts[String(host)] = (counts[String(host)] ?? 0) + 1;
  return counts;
}

describe("weighted", () => {
  it.each<[string, SrvRecord[], Record<string, number>]>([
    ["nothing", [], {}],
    ["weights", [record("a", 1), record("b", 2)], { "http://a:80": 1, "http://b:80": 2 }],
    ["the lowest priority", [record("a", 1, 5), record("b", 9, 6)], { "http://a:80": 1 }],
    ["no weight 0", [record("a", 0), record("b", 3)], { "http://b:80": 1 }],
    ["what divides them", [record("a", 20), record("b", 30)], { "http://a:80": 2, "http://b:80": 3 }],
    ["a hundred", [record("a", 1_000), record("b", 2_001)], { "http://a:80": 1, "http://b:80": 2 }],
    ["small ones lost", [record("a", 1), record("b", 1_000)], { "http://b:80": 1 }],
  ])("takes %s", (_, records, expected) => expect(counted(weighted(records, "http"))).toEqual(expected));

  it("has room for more than a hundred hosts", () => {
    const records = Array.from({ length: 150 }, (_, i) => record(`h${i}`, 7));
    expect(weighted(records, "http")).toHaveLength(150);
  });
});

describe("Hosts", () => {
  it("take turns, also when their list changes", () => {
    const hosts = new Hosts(["a", "b", "c"]);
    expect(counted(Array.from({ length: 9 }, () => hosts.next()))).toEqual({ a: 3, b: 3, c: 3 });
    hosts.replace(["d"]);
    expect([hosts.next(), hosts.next()]).toEqual(["d", "d"]);
    hosts.replace([]);
    expect(hosts.next()).toBeUndefined();
  });
});

describe("discover", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("asks before the first event and again, and keeps the last list when asking fails", async () => {
    const answers: (SrvRecord[] | undefined)[] = [[record("a", 1)], undefined, [record("b", 1)]];
    const resolve = async () => {
      const answer = answers.shift();
      if (!answer) throw new LinkProblem("connect_failed", "no DNS");
      return answer;
    };
    const warnings: unknown[] = [];
    let prepare: ((signal: AbortSignal) => Promise<void>) | undefined;
    let close: (() => Promise<void>) | undefined;
    const around = {
      log: { ...silent, warn: (fields: object) => void warnings.push(fields) },
      prepares: (task: typeof prepare) => (prepare = task),
      owns: (closing: { close(): Promise<void> }) => (close = () => closing.close()),
    };
    const hosts = discover("_x._tcp.test", { scheme: "http", every: 1_000 }, around, resolve);
    expect(hosts.next()).toBeUndefined();
    await prepare!(new AbortController().signal);
    expect(hosts.next()).toBe("http://a:80");
    await vi.advanceTimersByTimeAsync(1_000);
    expect([hosts.next(), warnings]).toEqual(["http://a:80", [{ name: "_x._tcp.test", reason: "no DNS" }]]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(hosts.next()).toBe("http://b:80");
    await close!();
    expect(vi.getTimerCount()).toBe(0);
  });
});
