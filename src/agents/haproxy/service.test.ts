import { beforeEach, describe, expect, test, vi } from "vitest";
import { Health } from "../../core/health.ts";
import { silent } from "../../core/log.ts";
import type { Revision, Snapshot } from "../../core/replica.ts";
import { Memory, type Remembered } from "./memory.ts";
import { Service, type ServiceOptions } from "./service.ts";
import type { State, Word } from "./state.ts";

type Data = Readonly<Record<string, Remembered>>;

/** A snapshot that outlives the memory that writes it. */
function kept(): Snapshot<Data> {
  let saved: string | undefined;
  return {
    load: async () => (saved === undefined ? undefined : (JSON.parse(saved) as Revision<Data>)),
    save: async (revision) => {
      saved = JSON.stringify(revision);
    },
  };
}

async function started(given: Partial<ServiceOptions> = {}, snapshot = kept()) {
  const memory = new Memory(snapshot, new Health().part("snapshot"));
  await memory.load();
  const service = new Service({
    name: "*",
    mode: "complete",
    ready: "after-change",
    maxconn: undefined,
    memory,
    longestGap: () => 0,
    log: silent,
    ...given,
  });
  service.recall();
  const says = (status: Word, more: Partial<State> = {}) => service.hear({ file: { status, ...more } });
  const stop = () => {
    service.close();
    return memory.flush(new AbortController().signal);
  };
  return { service, says, stop, line: () => service.line.toString() };
}

const minutes = (count: number) => vi.advanceTimersByTimeAsync(count * 60_000);

beforeEach(() => {
  vi.useFakeTimers();
  return () => vi.useRealTimers();
});

describe("when `ready` is said", () => {
  test("after our own drain has ended, for half a minute, and then no more", async () => {
    const { says, line } = await started();
    says("UP");
    expect(line()).toBe("up 100%\n");
    says("DRAIN");
    expect(line()).toBe("up drain 100%\n");
    says("UP");
    expect(line()).toBe("up ready 100%\n");
    await vi.advanceTimersByTimeAsync(30_000);
    expect(line()).toBe("up ready 100%\n");
    await vi.advanceTimersByTimeAsync(10);
    expect(line()).toBe("up 100%\n");
  });

  test("longer, where somebody polls slowly", async () => {
    const { says, line } = await started({ longestGap: () => 60_000 });
    says("MAINT");
    says("UP");
    await vi.advanceTimersByTimeAsync(179_000);
    expect(line()).toBe("up ready 100%\n");
    await vi.advanceTimersByTimeAsync(2_000);
    expect(line()).toBe("up 100%\n");
  });

  test("also where the drain began before a restart, as long as the pauses were then", async () => {
    const snapshot = kept();
    const before = await started({ longestGap: () => 60_000 }, snapshot);
    before.says("DRAIN");
    await before.stop();
    const { says, line } = await started({}, snapshot);
    says("UP");
    await minutes(2);
    expect(line()).toBe("up ready 100%\n");
    await minutes(2);
    expect(line()).toBe("up 100%\n");
  });

  test("never or always, where that is wanted", async () => {
    const never = await started({ ready: "never" });
    never.says("DRAIN");
    never.says("UP");
    expect(never.line()).toBe("up 100%\n");
    const always = await started({ ready: "always" });
    always.says("UP");
    await minutes(60);
    expect(always.line()).toBe("up ready 100%\n");
  });

  test("it also ends a maintenance that goes over into a failure", async () => {
    const { says, line } = await started();
    says("MAINT");
    says("DOWN");
    expect(line()).toBe("down ready 100%\n");
  });
});

describe("an override", () => {
  test("holds for its time and then the file counts again", async () => {
    const { service, says, line } = await started({ mode: "hapgent" });
    says("UP", { weight: 9 });
    service.hear({ override: { status: "DOWN", until: Date.now() + 600_000 } });
    expect(line()).toBe("DOWN 9%\n");
    says("UP", { weight: 5 });
    await minutes(9.9);
    expect(line()).toBe("DOWN 5%\n");
    await minutes(0.2);
    expect(line()).toBe("UP 5%\n");
    expect(service.override).toBeUndefined();
  });

  test("without a time holds until it is cleared, longer than any timer", async () => {
    const { service, says, line } = await started({ mode: "hapgent" });
    says("UP");
    service.hear({ override: { status: "MAINT", until: undefined } });
    await minutes(60 * 24 * 60);
    expect(line()).toBe("MAINT\n");
    service.hear({ override: undefined });
    expect(line()).toBe("UP\n");
  });

  test("survives a restart, and ends when it would have ended", async () => {
    const snapshot = kept();
    const before = await started({ mode: "hapgent" }, snapshot);
    before.says("UP");
    before.service.hear({ override: { status: "DOWN", reason: "deploy", until: Date.now() + 600_000 } });
    await before.stop();
    await minutes(5);
    const { says, line } = await started({ mode: "hapgent" }, snapshot);
    says("UP");
    expect(line()).toBe("DOWN\n");
    await minutes(5.1);
    expect(line()).toBe("UP\n");
  });

  test("that ended while nobody ran is not heard of again", async () => {
    const snapshot = kept();
    const before = await started({ mode: "hapgent" }, snapshot);
    before.service.hear({ override: { status: "DOWN", until: Date.now() + 60_000 } });
    await before.stop();
    await minutes(2);
    const { says, line, service } = await started({ mode: "hapgent" }, snapshot);
    says("UP");
    expect(line()).toBe("UP\n");
    expect(service.override).toBeUndefined();
  });
});

describe("the generation", () => {
  test("counts the answers that differ, not what was heard", async () => {
    const { service, says } = await started({ mode: "hapgent" });
    says("UP");
    const first = service.generation;
    says("UP");
    expect(service.generation).toBe(first);
    says("UP", { reason: "hapgent's answer has none" });
    expect(service.generation).toBe(first);
    says("DOWN");
    expect(service.generation).toBe(first + 1);
  });
});

describe("the story", () => {
  test("tells each change of what was said, and when", async () => {
    const { service, says } = await started();
    says("UP", { weight: 50 });
    says("UP", { weight: 50 });
    await minutes(1);
    says("DRAIN", { weight: 50, reason: "deploy" });
    const told = service.story.said.map(({ status, weight, reason }) => [status, weight, reason]);
    expect(told).toEqual([
      ["UP", 50, undefined],
      ["DRAIN", 50, "deploy"],
    ]);
    const [first, second] = service.story.said;
    expect(second!.at - first!.at).toBe(60_000);
  });

  test("is bounded", async () => {
    const { service, says } = await started();
    for (let weight = 0; weight <= 250; weight++) says("UP", { weight });
    for (let weight = 0; weight <= 255; weight++) says("DOWN", { weight });
    expect([service.story.said.length, service.story.said.at(-1)!.weight]).toEqual([500, 255]);
  });
});
