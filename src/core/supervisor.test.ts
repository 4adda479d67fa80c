import { describe, expect, it, vi } from "vitest";
import { log, nothing, pass, plan, runs, standing, story, supervisor } from "../../test/tools/supervision.ts";
import { rung } from "./life.ts";
import type { Plan } from "./plan.ts";

describe("apply", () => {
  it("starts, keeps, restarts and stops, and says so", async () => {
    expect(await supervisor.apply([plan("a"), plan("b"), plan("c")])).toEqual({
      ...nothing,
      started: ["a", "b", "c"],
    });
    story.length = 0;
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
