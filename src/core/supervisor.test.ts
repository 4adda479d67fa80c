import { afterEach, beforeEach, describe, expect, it, type Mock, vi } from "vitest";
import type { Agent } from "./agent.ts";
import type { Health } from "./health.ts";
import { type Life, rung } from "./life.ts";
import type { Log } from "./log.ts";
import type { Plan } from "./plan.ts";
import { DeniedProblem, LinkProblem } from "./problems.ts";
import { Supervisor } from "./supervisor.ts";

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** What happened, in order, and the log. */
let story: string[];
let log: Record<keyof Log, Mock<Log["info"]>>;
let supervisor: Supervisor;

beforeEach(() => {
  vi.useFakeTimers();
  story = [];
  log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  supervisor = new Supervisor({ log, backoff: (failures) => (failures + 1) * 1_000 });
});
afterEach(() => void vi.useRealTimers());

type Run = (life: Life, health: Health) => Promise<void>;

/** An agent that runs until it is told to stop, and then takes `finish` milliseconds. */
function runs(finish = 0): Run {
  return async ({ stop, kill }) => {
    await rung(stop);
    if (finish === 0) return;
    await Promise.race([rung(kill), new Promise((resolve) => setTimeout(resolve, finish))]);
  };
}

function plan(name: string, options: Partial<Plan> & { run?: Run; version?: string } = {}): Plan {
  const { run = runs(), version = "1", ...rest } = options;
  return {
    name,
    kind: "test",
    fingerprint: version,
    watches: [],
    claims: [],
    grace: 10_000,
    create: (health): Agent => {
      story.push(`${name} ${version} created`);
      return {
        run: async (life) => {
          const end = () => story.push(`${name} ${version} ended: ${life.stop.reason}`);
          await run(life, health).finally(end);
        },
      };
    },
    ...rest,
  };
}

const standing = (name: string) => supervisor.ward(name)?.health.standing;
const nothing = { started: [], restarted: [], stopped: [], kept: [], refused: [] };

describe("apply", () => {
  it("starts, keeps, restarts and stops, and says so", async () => {
    expect(await supervisor.apply([plan("a"), plan("b"), plan("c")])).toEqual({
      ...nothing,
      started: ["a", "b", "c"],
    });
    story = [];
    expect(await supervisor.apply([plan("a"), plan("b", { version: "2" }), plan("d")])).toEqual({
      started: ["d"],
      restarted: ["b"],
      stopped: ["c"],
      kept: ["a"],
      refused: [],
    });
    expect(story.sort()).toEqual(["b 1 ended: replaced", "b 2 created", "c 1 ended: removed", "d 1 created"]);
    expect([standing("a"), standing("b"), standing("c"), standing("d")]).toEqual([
      "ready",
      "ready",
      undefined,
      "ready",
    ]);
  });

  it("creates the new one only after the old one has ended", async () => {
    await supervisor.apply([plan("a", { run: runs(500) })]);
    const applied = supervisor.apply([plan("a", { version: "2" })]);
    await pass(499);
    expect([story, standing("a")]).toEqual([["a 1 created"], "stopping"]);
    await pass(1);
    await applied;
    expect(story).toEqual(["a 1 created", "a 1 ended: replaced", "a 2 created"]);
  });

  it("lets nobody wait for others, except for those who leave what it claims", async () => {
    const slow = plan("slow", { run: runs(5_000), claims: ["8080"] });
    await supervisor.apply([slow, plan("b")]);
    const heir = plan("heir", { claims: ["8080"] });
    const applied = supervisor.apply([heir, plan("b", { version: "2" })]);
    await pass(4_999);
    expect(story).toEqual(["slow 1 created", "b 1 created", "b 1 ended: replaced", "b 2 created"]);
    await pass(1);
    expect((await applied).started).toEqual(["heir"]);
    expect(story.slice(-2)).toEqual(["slow 1 ended: removed", "heir 1 created"]);
  });

  it("lets two swap what they claim", async () => {
    await supervisor.apply([plan("a", { claims: ["1"], run: runs(100) }), plan("b", { claims: ["2"] })]);
    const swapped = supervisor.apply([
      plan("a", { claims: ["2"], version: "2" }),
      plan("b", { claims: ["1"], version: "2" }),
    ]);
    await pass(100);
    expect((await swapped).restarted.toSorted()).toEqual(["a", "b"]);
  });

  it("applies one after the other", async () => {
    await supervisor.apply([plan("a", { run: runs(100) })]);
    const first = supervisor.apply([plan("a", { version: "2" })]);
    const second = supervisor.apply([plan("a", { version: "3" })]);
    await pass(100);
    await Promise.all([first, second]);
    expect(story.at(-1)).toBe("a 3 created");
    expect(story).toContain("a 2 ended: replaced");
  });

  it("refuses a new plan that cannot be created, and starts the others", async () => {
    const bad = plan("bad", {
      create: () => {
        throw new Error("no such thing");
      },
    });
    expect(await supervisor.apply([bad, plan("a")])).toEqual({
      ...nothing,
      started: ["a"],
      refused: [{ name: "bad", reason: "no such thing" }],
    });
    expect(supervisor.names).toEqual(["a"]);
  });

  const bad = (name: string) =>
    plan(name, {
      version: "2",
      create: () => {
        throw new Error("no such thing");
      },
    });

  it("starts the old plan again when its replacement cannot be created", async () => {
    await supervisor.apply([plan("a")]);
    const { refused, restarted } = await supervisor.apply([bad("a")]);
    expect([refused, restarted]).toEqual([[{ name: "a", reason: "no such thing" }], []]);
    expect(story).toEqual(["a 1 created", "a 1 ended: replaced", "a 1 created"]);
    expect([standing("a"), supervisor.ward("a")?.plan.fingerprint]).toEqual(["ready", "1"]);
  });

  it("leaves one stopped that was stopped before its replacement was refused", async () => {
    await supervisor.apply([plan("a")]);
    await supervisor.stop("a");
    await supervisor.apply([bad("a")]);
    expect([standing("a"), story]).toEqual(["stopped", ["a 1 created", "a 1 ended: stopped"]]);
  });

  it("goes on with the others when not even the old plan can be created again", async () => {
    const create = vi
      .fn<Plan["create"]>()
      .mockReturnValueOnce({ run: (life) => rung(life.stop) })
      .mockImplementation(() => {
        throw new Error("not any more");
      });
    await supervisor.apply([plan("a", { create })]);
    const applied = await supervisor.apply([bad("a"), plan("b")]);
    expect([applied.started, applied.refused.length, standing("a")]).toEqual([["b"], 1, "stopped"]);
    expect(log.error).toHaveBeenCalledOnce();
  });

  it("keeps one stopped that a person stopped, until its plan changes", async () => {
    await supervisor.apply([plan("a")]);
    await supervisor.stop("a");
    expect((await supervisor.apply([plan("a")])).kept).toEqual(["a"]);
    expect(standing("a")).toBe("stopped");
    await supervisor.apply([plan("a", { version: "2" })]);
    expect(standing("a")).toBe("ready");
  });

  it("takes over what an equal plan says beside the agent", async () => {
    await supervisor.apply([plan("a", { run: runs(5_000) })]);
    await supervisor.apply([plan("a", { grace: 10 })]);
    const stopped = supervisor.stop("a");
    await pass(10);
    await stopped;
    expect(log.warn).toHaveBeenCalledOnce();
  });
});

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
