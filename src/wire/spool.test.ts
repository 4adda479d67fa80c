import { mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { folder } from "../../test/tools/folder.ts";
import { delivery, HandFeed, type Recorded } from "../../test/tools/hand-feed.ts";
import { Tidy } from "../../test/tools/tidy.ts";
import { until } from "../../test/tools/until.ts";
import type { SpoolLimits } from "../core/agent.ts";
import type { Delivery } from "../core/delivery.ts";
import { Health } from "../core/health.ts";
import { LinkProblem } from "../core/problems.ts";
import { Spool } from "./spool.ts";

const tidy = new Tidy();

/** A spool that is open until the test ends, or `close` is called. */
async function spool({
  at,
  bytes = 1_000_000,
  ...limits
}: { at?: string } & Partial<SpoolLimits<string>> = {}) {
  const path = at ?? (await folder(tidy));
  const source = new HandFeed<Recorded<string>>();
  const part = new Health().part("link");
  const subject = new Spool<string>(source, { folder: path, bytes, link: part, ...limits });
  const controller = new AbortController();
  const items = subject
    .open({ signal: controller.signal, after: undefined, up: () => {} })
    [Symbol.asyncIterator]();
  // A generator does nothing before somebody asks, so somebody asks at once.
  let asked: Promise<IteratorResult<Delivery<string>>> | undefined = items.next();
  asked.catch(() => {});
  const next = () => {
    const answer = asked ?? items.next();
    asked = undefined;
    return answer;
  };
  const close = async () => {
    controller.abort();
    await items.return?.(undefined);
  };
  tidy.later(close);
  const take = async (count: number): Promise<Delivery<string>[]> => {
    const taken: Delivery<string>[] = [];
    while (taken.length < count) taken.push((await next()).value as Delivery<string>);
    return taken;
  };
  const give = (...values: string[]) => {
    const given = values.map((value) => delivery(value));
    source.give(...given);
    return given;
  };
  return { subject, source, part, path, take, give, close, next };
}

const values = (taken: readonly Delivery<string>[]) => taken.map(({ value }) => value);
const sizeOf = (path: string) =>
  readdirSync(path).reduce(
    (sum, name) => sum + (name.endsWith(".log") ? statSync(join(path, name)).size : 0),
    0,
  );

describe("Spool", () => {
  it("settles at the source what is on disk, and delivers it in order", async () => {
    const { take, give } = await spool();
    const given = give("a", "b", "c");
    const taken = await take(3);
    expect([values(taken), taken[0]?.bytes]).toEqual([["a", "b", "c"], 3]);
    await until("all are settled at the source", () =>
      given.every(({ outcomes }) => outcomes.join() === "done"),
    );
  });

  it("delivers what comes while nobody waits, and while somebody does", async () => {
    const { take, give } = await spool();
    const waiting = take(1);
    give("late");
    expect(values(await waiting)).toEqual(["late"]);
  });

  it("delivers again what is to be retried, and at once, but nothing that is done or rejected", async () => {
    const { take, give } = await spool();
    give("a", "b", "c");
    const [a, b, c] = await take(3);
    await b?.settle("retry");
    await b?.settle("retry");
    const [again] = await take(1);
    expect(again?.value).toBe("b");
    for (const item of [a, c, again]) await item?.settle(item === c ? "reject" : "done");
    give("d");
    expect(values(await take(1))).toEqual(["d"]);
  });

  it("delivers again after it was opened anew what was not settled, in order", async () => {
    const first = await spool();
    first.give("a", "b", "c", "d");
    const [a, b, , d] = await first.take(4);
    for (const item of [a, b, d]) await item?.settle("done");
    await first.close();
    const second = await spool({ at: first.path });
    second.give("e");
    expect(values(await second.take(3))).toEqual(["c", "d", "e"]);
  });

  it("takes no settling any more once it is closed", async () => {
    const first = await spool();
    first.give("a");
    const [a] = await first.take(1);
    await first.close();
    await a?.settle("done");
    const second = await spool({ at: first.path });
    expect(values(await second.take(1))).toEqual(["a"]);
  });

  it("lets go of what is settled: the disk does not fill with it", async () => {
    const { take, give, path } = await spool({ bytes: 80_000 });
    for (let round = 0; round < 20; round++) {
      give(...Array.from({ length: 10 }, () => "x".repeat(900)));
      for (const item of await take(10)) await item.settle("done");
    }
    await until("the spool has shrunk", () => sizeOf(path) < 25_000);
  });

  it("stays within its limit by letting the oldest go, and says so", async () => {
    const { take, give, path, subject, part } = await spool({ bytes: 40_000 });
    const given = give(...Array.from({ length: 200 }, (_, index) => `${index} ${"x".repeat(990)}`));
    await until("all are accepted", () => given.every(({ outcomes }) => outcomes.length === 1));
    expect(sizeOf(path)).toBeLessThanOrEqual(41_010);
    expect(subject.lostBytes).toBeGreaterThan(150_000);
    expect(part.problem ?? { code: "spool_full" }).toMatchObject({ code: "spool_full" });
    const numbers: number[] = [];
    while (numbers.at(-1) !== 199) numbers.push(Number((await take(1))[0]?.value.split(" ")[0]));
    expect(numbers.length).toBeGreaterThan(30);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  });

  describe("of which some items are worth more", () => {
    const text = (index: number) => `${index % 5 === 0 ? "keep" : "go"} ${index} ${"x".repeat(990)}`;
    const keep = (value: string) => (value.startsWith("keep") ? value : undefined);
    const number = ({ value }: { value: string }) => Number(value.split(" ")[1]);
    const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

    it("lets the others go first, oldest first, says which, and keeps the order", async () => {
      const gone: number[] = [];
      const lost = (value: string, kept?: string) =>
        void (kept === undefined && gone.push(number({ value })));
      const { take, give, path, part } = await spool({ bytes: 60_000, keep, lost });
      // 40 of 200 are worth more, which is less than the limit.
      const given = give(...range(0, 200).map(text));
      await until("all are accepted", () => given.every(({ outcomes }) => outcomes.length === 1));
      expect(sizeOf(path)).toBeLessThanOrEqual(61_010);
      expect(part.problem ?? { code: "spool_full" }).toMatchObject({ code: "spool_full" });
      const numbers: number[] = [];
      while (numbers.at(-1) !== 199) numbers.push(...(await take(1)).map(number));
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
      expect(range(0, 40).map((n) => n * 5)).toEqual(numbers.filter((n) => n % 5 === 0));
      expect([...numbers, ...gone].toSorted((a, b) => a - b)).toEqual(range(0, 200));
      expect(gone.every((n) => n % 5 !== 0)).toBe(true);
    });

    it("lets the oldest of all go where nothing else is left", async () => {
      const gone: number[] = [];
      const { take, give, path } = await spool({
        bytes: 40_000,
        keep,
        lost: (value) => void gone.push(number({ value })),
      });
      const given = give(...range(0, 200).map((n) => text(5 * n)));
      await until("all are accepted", () => given.every(({ outcomes }) => outcomes.length === 1));
      expect(sizeOf(path)).toBeLessThanOrEqual(41_010);
      const numbers: number[] = [];
      while (numbers.at(-1) !== 995) numbers.push(...(await take(1)).map(number));
      // The first was out already.
      const [first, ...others] = [...numbers.splice(0, 1), ...gone, ...numbers];
      expect([first, ...others]).toEqual(range(0, 200).map((n) => 5 * n));
    });

    it("does not touch what is out: it can be retried, and it is settled once", async () => {
      const { take, give, close, path } = await spool({ bytes: 60_000, keep });
      give(...range(0, 8).map(text));
      const out = await take(4);
      const given = give(...range(8, 200).map(text));
      await until("all are accepted", () => given.every(({ outcomes }) => outcomes.length === 1));
      for (const item of out) await item.settle("retry");
      expect((await take(4)).map(number)).toEqual([0, 1, 2, 3]);
      const [next] = await take(1);
      expect(number(next!)).toBe(5);
      await close();
      // As after a crash: nothing of it was settled, so all of it comes again.
      const again = await spool({ at: path, bytes: 60_000, keep });
      expect((await again.take(5)).map(number)).toEqual([0, 1, 2, 3, 5]);
    });

    it("may leave a part of an item", async () => {
      const half = (value: string) => (value.length > 500 ? value.slice(0, 50) : value);
      const { take, give } = await spool({ bytes: 40_000, keep: half });
      const given = give(...range(0, 200).map(text));
      await until("all are accepted", () => given.every(({ outcomes }) => outcomes.length === 1));
      const all = await take(200);
      expect(all.map(number)).toEqual(range(0, 200));
      // The first was out already.
      expect(all[1]?.value).toHaveLength(50);
      expect(all[199]?.value.length).toBeGreaterThan(900);
    });
  });

  it("goes on after an item to be retried that was let go meanwhile", async () => {
    const { take, give, subject } = await spool({ bytes: 40_000 });
    const filler = (count: number) => give(...Array.from({ length: count }, () => "x".repeat(990)));
    give("old");
    const [old] = await take(1);
    const given = filler(100);
    await until("all are accepted", () => given.every(({ outcomes }) => outcomes.length === 1));
    expect(subject.lostBytes).toBeGreaterThan(0);
    await old?.settle("retry");
    const taken = await take(30);
    expect(values(taken)).not.toContain("old");
    expect(new Set(taken).size).toBe(30);
  });

  it("follows its source through broken links while it goes on delivering", async () => {
    const { take, give, source, part } = await spool();
    give("a");
    source.break(new LinkProblem("connect_failed", "gone"));
    expect(values(await take(1))).toEqual(["a"]);
    await until("the part is down", () => part.state === "down");
    give("b");
    expect(values(await take(1))).toEqual(["b"]);
    expect(source.links.length).toBeGreaterThan(1);
  });

  it("goes on delivering, and tries again, while the disk takes nothing", async () => {
    const { take, give, path, part } = await spool({ bytes: 32_000 });
    const full = join(path, "0000000002.log");
    await until("something is on the disk", () => readdirSync(path).length > 0);
    mkdirSync(full);
    const given = give("x".repeat(5_000), "late");
    const [first] = await take(1);
    await until("the disk's refusal is told", () => part.problem?.code === "state_unwritable");
    await first?.settle("done");
    expect(given[1]?.outcomes).toEqual([]);
    rmdirSync(full);
    expect(values(await take(1))).toEqual(["late"]);
    expect(part.state).toBe("up");
  });

  it("does not mind a source that cannot be told: the item is kept, and may come twice", async () => {
    const { take, source, give } = await spool();
    source.give({
      ...delivery("a"),
      settle: () => Promise.reject(new LinkProblem("connect_failed", "gone")),
    });
    give("b");
    expect(values(await take(2))).toEqual(["a", "b"]);
  });

  it("throws a defect of its source, after it has closed everything", async () => {
    const { source, next } = await spool();
    source.break(new TypeError("a defect"));
    await expect(next()).rejects.toThrow("a defect");
  });

  it.each([
    ["lost", (path: string) => rmSync(path)],
    ["nonsense", (path: string) => writeFileSync(path, "{")],
    ["of an older shape", (path: string) => writeFileSync(path, '{"offset":5}')],
  ])("starts at the begin when its cursor is %s", async (_, spoil) => {
    const first = await spool();
    first.give("a", "b");
    for (const item of await first.take(2)) await item.settle("done");
    await first.close();
    spoil(join(first.path, "cursor"));
    expect(values(await (await spool({ at: first.path })).take(2))).toEqual(["a", "b"]);
  });

  it("does not lose what comes after a power cut that took the end of the log but not the cursor", async () => {
    const first = await spool();
    first.give("a", "b");
    for (const item of await first.take(2)) await item.settle("done");
    await first.close();
    const log = join(first.path, "0000000001.log");
    writeFileSync(log, readFileSync(log).subarray(0, 11));
    const second = await spool({ at: first.path });
    second.give("c", "d");
    expect(values(await second.take(2))).toEqual(["c", "d"]);
  });

  it("says that its folder cannot be used", async () => {
    const path = join(await folder(tidy), "file");
    writeFileSync(path, "");
    const { next } = await spool({ at: join(path, "below") });
    await expect(next()).rejects.toMatchObject({ name: "LinkProblem", code: "state_unwritable" });
  });

  it("can be probed without being opened", async () => {
    const probe = vi.fn();
    const source = { open: () => (async function* () {})(), probe };
    const subject = new Spool(source, { folder: "/nowhere", bytes: 1, link: new Health().part("link") });
    await subject.probe(new AbortController().signal);
    expect(probe).toHaveBeenCalledOnce();
  });
});
