import { describe, expect, it } from "vitest";
import { Stage } from "../../../../test/tools/stage.ts";
import { Tidy } from "../../../../test/tools/tidy.ts";
import { LinkProblem } from "../../../core/problems.ts";
import { plainEvent } from "../event.ts";
import { bare } from "../forward.ts";
import { breaker, Fuse } from "./breaker.ts";
import { Bucket } from "./bucket.ts";
import { type Answer, failed } from "./call.ts";
import { Gate } from "./gate.ts";
import { rate } from "./rate.ts";

const tidy = new Tidy();
const { signal } = new AbortController();
const call = bare(plainEvent(Buffer.alloc(0)));
const fine: Answer = { data: {}, complete: true, status: 0, headers: {} };
const bad = failed(new LinkProblem("server_failed", "no"));

/** A clock that the test turns, in milliseconds. */
function clock() {
  let now = 0;
  return { now: () => now, turn: (ms: number) => (now += ms) };
}

describe("Fuse", () => {
  const fuse = (limits: Partial<{ errors: number; open: number; clear: number }> = {}) => {
    const time = clock();
    const states: string[] = [];
    const changed = (state: string) => void states.push(state);
    const subject = new Fuse({ errors: 1, open: 1_000, clear: 0, ...limits }, { now: time.now, changed });
    const enter = () => {
      const spell = subject.enter();
      if (typeof spell === "string") throw new Error(spell);
      return spell;
    };
    const go = (good: boolean | undefined) => subject.leave(enter(), good);
    return { subject, states, enter, go, ...time };
  };

  it("opens after more failures in a row than it may have, and refuses then", () => {
    const { subject, go } = fuse();
    go(false);
    go(true);
    go(false);
    expect(subject.state).toBe("closed");
    go(false);
    expect([subject.state, subject.enter(), subject.wait()]).toEqual([
      "open",
      "circuit breaker is open",
      1_000,
    ]);
  });

  it("lets one try after a while, and closes or opens by that", () => {
    const { subject, states, enter, go, turn } = fuse({ errors: 0 });
    go(false);
    turn(1_000);
    const trial = enter();
    expect(subject.state).toBe("half-open");
    expect(subject.enter()).toContain("too many requests");
    expect(subject.wait()).toBeGreaterThan(0);
    subject.leave(trial, false);
    expect(subject.state).toBe("open");
    turn(1_000);
    go(true);
    expect([subject.state, subject.wait()]).toEqual(["closed", 0]);
    expect(states).toEqual(["open", "half-open", "open", "half-open", "closed"]);
  });

  it("does not take a call for the trial that went in before it opened", () => {
    const { subject, enter, go, turn } = fuse({ errors: 0 });
    const [slow, hung] = [enter(), enter()];
    go(false);
    turn(1_000);
    const trial = enter();
    subject.leave(slow, true);
    subject.leave(hung, false);
    expect([subject.state, subject.enter()]).toEqual([
      "half-open",
      expect.stringContaining("too many requests"),
    ]);
    subject.leave(trial, true);
    expect(subject.state).toBe("closed");
    subject.leave(hung, false);
    expect(subject.state).toBe("closed");
  });

  it("takes a call that was cut off for neither good nor bad", () => {
    const { subject, go, turn } = fuse({ errors: 0 });
    go(undefined);
    expect(subject.state).toBe("closed");
    go(false);
    turn(1_000);
    go(undefined);
    expect([subject.state, typeof subject.enter()]).toEqual(["half-open", "number"]);
  });

  it("forgets failures after a while where it is told to", () => {
    const { subject, go, turn } = fuse({ clear: 500 });
    go(false);
    turn(500);
    go(false);
    expect(subject.state).toBe("closed");
  });
});

it("a breaker tells the gate, so that events wait outside while it is open", async () => {
  const stage = new Stage(tidy);
  const config = { errors: 0, open: 60_000, clear: 0, name: "b", log: true, pause: true };
  const guarded = breaker(config, stage)(async () => bad);
  expect(stage.gate.wait()).toBe(0);
  await guarded(call, signal);
  expect(stage.gate.wait()).toBeGreaterThan(59_000);
  const { problem } = await guarded(call, signal);
  expect([problem?.code, problem?.message, (problem?.retryAfter ?? 0) > 59_000]).toEqual([
    "backend_busy",
    "circuit breaker is open",
    true,
  ]);
});

describe("Bucket", () => {
  it("gives what it holds at once, then one each interval", () => {
    const { now, turn } = clock();
    const bucket = new Bucket(2, 0, now);
    expect([bucket.allow(), bucket.allow(), bucket.allow(), bucket.wait()]).toEqual([true, true, false, 500]);
    turn(499);
    expect(bucket.allow()).toBe(false);
    turn(1);
    expect([bucket.allow(), bucket.allow()]).toEqual([true, false]);
  });

  it("never holds more than its capacity, and at least one", () => {
    const { now, turn } = clock();
    const bucket = new Bucket(0.5, 0, now);
    expect([bucket.allow(), bucket.allow()]).toEqual([true, false]);
    turn(60_000);
    expect([bucket.allow(), bucket.allow()]).toEqual([true, false]);
  });

  it("keeps what has come in of the next token", () => {
    const { now, turn } = clock();
    const bucket = new Bucket(1, 1, now);
    bucket.allow();
    turn(1_500);
    bucket.allow();
    turn(500);
    expect(bucket.allow()).toBe(true);
  });

  it("lets one wait for a token, until the signal rings", async () => {
    // Time goes on whenever somebody looks at the clock, however slow the machine is.
    let time = 0;
    const bucket = new Bucket(200, 1, () => time++);
    expect(bucket.take(signal)).toBeUndefined();
    expect(await bucket.take(signal)).toBe(true);
    expect(await bucket.take(AbortSignal.abort())).toBe(false);
  });
});

describe("a rate limit", () => {
  const config = { times: 100, every: 1_000, burst: 1, pause: true };

  it("waits in the safe profile, and fails in the peer's", async () => {
    const patient = rate(config, new Stage(tidy))(async () => fine);
    const strict = rate(
      { ...config, times: 0.01 },
      new Stage(tidy, { profile: "krakend" }),
    )(async () => fine);
    expect(await Promise.all([patient(call, signal), patient(call, signal)])).toEqual([fine, fine]);
    expect(await strict(call, signal)).toBe(fine);
    expect((await strict(call, signal)).problem?.message).toBe("rate limit exceded");
  });
});

describe("Gate", () => {
  it("is open at once where nobody keeps it, and waits for the one who keeps it longest", async () => {
    const gate = new Gate();
    expect(gate.open(signal)).toBeUndefined();
    let left = 3;
    gate.add(() => left-- * 1);
    gate.add(() => 0);
    await gate.open(signal);
    expect(left).toBeLessThanOrEqual(0);
  });

  it("lets go when the signal rings", async () => {
    const gate = new Gate();
    gate.add(() => 60_000);
    await gate.open(AbortSignal.abort());
  });
});
