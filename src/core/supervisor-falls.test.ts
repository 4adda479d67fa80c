import { describe, expect, it, vi } from "vitest";
import {
  log,
  pass,
  plan,
  type Run,
  runs,
  standing,
  story,
  supervisor,
} from "../../test/tools/supervision.ts";
import { rung } from "./life.ts";
import type { Plan } from "./plan.ts";
import { DeniedProblem, LinkProblem } from "./problems.ts";

describe("an agent that falls", () => {
  const falls = (after: number, error: unknown = new Error("a defect")): Run => {
    return async ({ stop }) => {
      await Promise.race([rung(stop), new Promise((resolve) => setTimeout(resolve, after))]);
      if (!stop.aborted) throw error;
    };
  };

  it("is started again, waiting longer each time, and its siblings do not notice", async () => {
    await supervisor.apply([plan("a", { run: falls(0) }), plan("sibling")]);
    await pass(0);
    const { health } = supervisor.ward("a")!;
    expect([standing("a"), health.problem]).toEqual(["failed", { code: "defect", message: "a defect" }]);
    expect(supervisor.ward("a")?.agent).toBeUndefined();
    await pass(1_010 + 2_010);
    expect(story.filter((line) => line === "a 1 created")).toHaveLength(3);
    expect([health.restarts, standing("sibling")]).toEqual([2, "ready"]);
    expect(story).not.toContain("sibling 1 ended: undefined");
  });

  it("stays down when it has given up, until somebody restarts it", async () => {
    await supervisor.apply([plan("a", { run: falls(0, new DeniedProblem("gave_up", "too many retries")) })]);
    await pass(600_000);
    const { health } = supervisor.ward("a")!;
    expect([standing("a"), health.problem?.code, health.restarts]).toEqual(["failed", "gave_up", 0]);
    await supervisor.restart("a");
    expect(story.filter((line) => line === "a 1 created")).toHaveLength(2);
    await supervisor.stop("a");
    expect(standing("a")).toBe("stopped");
  });

  it("is started soon again after it ran well for a minute", async () => {
    await supervisor.apply([plan("a", { run: falls(60_000) })]);
    for (let round = 1; round <= 3; round++) {
      await pass(61_000);
      expect(story.filter((line) => line === "a 1 created")).toHaveLength(round + 1);
    }
  });

  it("explains itself with a problem, and with a stack where it is a defect", async () => {
    await supervisor.apply([
      plan("a", { run: falls(0, new LinkProblem("door_taken", "in use")) }),
      plan("b", { run: falls(0) }),
    ]);
    await pass(0);
    expect(log.error.mock.calls).toEqual([
      [expect.objectContaining({ agent: "a", code: "door_taken", restart_in_ms: 1_000 }), "agent fell"],
      [expect.objectContaining({ agent: "b", err: expect.any(Error) }), "agent fell over a defect"],
    ]);
  });

  it("falls again, and is not lost, if it cannot be created any more", async () => {
    const create = vi
      .fn<Plan["create"]>()
      .mockReturnValueOnce({ run: () => Promise.reject(new Error("first")) })
      .mockImplementationOnce(() => {
        throw new Error("second");
      })
      .mockReturnValue({ run: (life) => rung(life.stop) });
    await supervisor.apply([plan("a", { create })]);
    await pass(1_000);
    expect([standing("a"), supervisor.ward("a")?.health.problem?.message]).toEqual(["failed", "second"]);
    await pass(2_000);
    expect(standing("a")).toBe("ready");
  });

  it("can be stopped while it waits to be restarted", async () => {
    await supervisor.apply([plan("a", { run: falls(0) })]);
    await pass(0);
    await supervisor.stop("a");
    await pass(60_000);
    expect([standing("a"), story.filter((line) => line === "a 1 created").length]).toEqual(["stopped", 1]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("stays down when it falls while stopping", async () => {
    const run: Run = async ({ stop }) => {
      await rung(stop);
      throw new Error("on the way out");
    };
    await supervisor.apply([plan("a", { run })]);
    await supervisor.stop("a");
    await pass(60_000);
    expect([standing("a"), log.error.mock.calls.length]).toEqual(["stopped", 1]);
  });

  it("is stopped, not failed, when it ends of its own accord, and can be started again", async () => {
    await supervisor.apply([plan("a", { run: async () => {} })]);
    await pass(60_000);
    expect([standing("a"), story.length]).toEqual(["stopped", 2]);
    await supervisor.start("a");
    expect(story.filter((line) => line === "a 1 created")).toHaveLength(2);
  });
});

describe("control", () => {
  it("stops, starts and restarts one agent", async () => {
    await supervisor.apply([plan("a"), plan("b")]);
    await supervisor.stop("a");
    expect([standing("a"), standing("b")]).toEqual(["stopped", "ready"]);
    await supervisor.stop("a");
    await supervisor.start("a");
    await supervisor.start("a");
    expect(standing("a")).toBe("ready");
    await supervisor.restart("a");
    expect(story.filter((line) => line.startsWith("a"))).toEqual([
      "a 1 created",
      "a 1 ended: stopped",
      "a 1 created",
      "a 1 ended: restarted",
      "a 1 created",
    ]);
  });

  it.each(["start", "stop", "restart"] as const)("does not know whom to %s", async (act) => {
    await expect(supervisor[act]("nobody")).rejects.toMatchObject({ code: "agent_unknown" });
  });

  it("tells watchers whose health changed", async () => {
    const changed = vi.fn();
    const leave = supervisor.watch(changed);
    await supervisor.apply([plan("a")]);
    expect(changed).toHaveBeenCalledWith("a");
    leave();
    changed.mockClear();
    await supervisor.stop("a");
    expect(changed).not.toHaveBeenCalled();
  });
});

describe("stopping", () => {
  it("gives an agent its grace, then kills it", async () => {
    await supervisor.apply([plan("a", { run: runs(60_000), grace: 3_000 })]);
    const stopped = supervisor.stop("a");
    await pass(2_999);
    expect([standing("a"), story.length]).toEqual(["stopping", 1]);
    await pass(1);
    await stopped;
    expect([standing("a"), log.warn.mock.calls.length, vi.getTimerCount()]).toEqual(["stopped", 1, 1]);
  });

  it("gives an agent up that does not even end when killed, and what it does later counts for nothing", async () => {
    let end = () => {};
    const deaf: Run = () => new Promise((resolve) => (end = resolve));
    await supervisor.apply([plan("a", { run: deaf, grace: 1_000 })]);
    const applied = supervisor.apply([plan("a", { version: "2" })]);
    await pass(1_000 + 5_000);
    expect((await applied).restarted).toEqual(["a"]);
    expect([standing("a"), log.error.mock.calls.length]).toEqual(["ready", 1]);
    end();
    await pass(0);
    expect([standing("a"), supervisor.ward("a")?.agent]).toEqual(["ready", expect.anything()]);
  });

  it("stops at the end those first that look at others", async () => {
    await supervisor.apply([plan("watched"), plan("herald", { watches: ["watched"], run: runs(500) })]);
    const closed = supervisor.close();
    await pass(499);
    expect(standing("watched")).toBe("ready");
    await pass(1);
    await closed;
    expect(story.slice(2)).toEqual(["herald 1 ended: shutdown", "watched 1 ended: shutdown"]);
  });

  it("starts nobody once it is closing", async () => {
    await supervisor.apply([plan("a"), plan("b", { run: runs(100) })]);
    await supervisor.stop("a");
    const closed = supervisor.close();
    const late = [supervisor.start("a"), supervisor.restart("a"), supervisor.apply([plan("c")])];
    await pass(100);
    await Promise.all([closed, ...late]);
    expect([standing("a"), supervisor.names]).toEqual(["stopped", ["a", "b"]]);
  });
});
