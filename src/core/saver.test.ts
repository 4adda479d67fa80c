import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Health } from "./health.ts";
import type { Revision } from "./revision.ts";
import { Saver } from "./saver.ts";

const revision = (version: string): Revision<string> => ({ version, data: "" });
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const { signal: never } = new AbortController();

function saver() {
  const part = new Health().part("snapshot");
  const written: string[] = [];
  const disk = { full: false };
  const save = async ({ version }: Revision<string>) => {
    if (disk.full) throw new Error("no space left");
    written.push(version);
  };
  return { subject: new Saver({ load: async () => undefined, save }, part), part, written, disk };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("Saver", () => {
  it("saves at once, then at most once a second, and only the newest", async () => {
    const { subject, written } = saver();
    subject.save(revision("1"));
    await pass(0);
    for (const version of ["2", "3", "4"]) subject.save(revision(version));
    await pass(999);
    expect(written).toEqual(["1"]);
    await pass(1);
    expect(written).toEqual(["1", "4"]);
    await pass(60_000);
    expect(written).toEqual(["1", "4"]);
  });

  it("reports a failure and tries again until it is saved", async () => {
    const { subject, part, written, disk } = saver();
    disk.full = true;
    subject.save(revision("1"));
    await pass(0);
    expect(part).toMatchObject({ state: "down", problem: { code: "state_unwritable" } });
    expect(part.retryAt).toBe(Date.now() + 10_000);
    subject.save(revision("2"));
    await pass(10_000);
    expect(written).toEqual([]);
    disk.full = false;
    await pass(10_000);
    expect([written, part.state]).toEqual([["2"], "up"]);
  });

  it("writes what is waiting when it is flushed, and nothing after that", async () => {
    const { subject, written } = saver();
    subject.save(revision("1"));
    await pass(0);
    subject.save(revision("2"));
    await subject.flush(never);
    expect(written).toEqual(["1", "2"]);
    subject.save(revision("3"));
    await pass(60_000);
    expect(written).toEqual(["1", "2"]);
  });

  it("does not come back after a flush that failed", async () => {
    const { subject, disk } = saver();
    disk.full = true;
    subject.save(revision("1"));
    await subject.flush(never);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("writes nothing any more when it is killed", async () => {
    const { subject, written } = saver();
    subject.save(revision("1"));
    await subject.flush(AbortSignal.abort());
    expect([written, vi.getTimerCount()]).toEqual([[], 0]);
  });
});
