import { describe, expect, it } from "vitest";
import { onAbort } from "./life.ts";
import { type ProbedStep, type ProbeStep, tried } from "./probe.ts";
import { DeniedProblem, LinkProblem } from "./problems.ts";

async function all(probe: () => Iterable<ProbeStep> | AsyncIterable<ProbeStep>): Promise<ProbedStep[]> {
  const steps: ProbedStep[] = [];
  for await (const step of tried({ probe }, 20)) steps.push(step);
  return steps;
}

describe("a probe", () => {
  it("tries every step, whatever became of those before", async () => {
    const steps = await all(() => [
      { step: "a", attempt: () => Promise.reject(new LinkProblem("connect_failed", "nobody")) },
      { step: "b", attempt: () => new Promise(() => {}) },
      { step: "c", attempt: () => undefined },
      {
        step: "d",
        attempt: () => {
          throw new DeniedProblem("credentials_refused", "amqp://u:topsecret@mq says no");
        },
      },
    ]);
    expect(steps.map(({ step, ok, problem }) => [step, ok, problem?.code, problem?.message])).toEqual([
      ["a", false, "connect_failed", "nobody"],
      ["b", false, "timed_out", "no answer within 20 ms"],
      ["c", true, undefined, undefined],
      ["d", false, "credentials_refused", "amqp://u:***@mq says no"],
    ]);
    expect(steps.every(({ ms }) => ms !== undefined && ms >= 0)).toBe(true);
  });

  it("says of a defect that it is one, and shows no password in it", async () => {
    const defect = new TypeError("cannot parse http://u:topsecret@x");
    const [step] = await all(() => [{ step: "a", attempt: () => Promise.reject(defect) }]);
    expect(step?.problem).toEqual({ code: "defect", message: "cannot parse http://u:***@x" });
  });

  it("closes what its steps shared, and tells what fell between them", async () => {
    let closed = 0;
    const steps = await all(async function* () {
      try {
        yield { step: "a", attempt: () => {} };
        throw new LinkProblem("file_missing", "no book");
      } finally {
        closed++;
      }
    });
    expect(steps.map(({ step, problem }) => `${step} ${problem?.code}`)).toEqual([
      "a undefined",
      "wiring file_missing",
    ]);
    expect(closed).toBe(1);
  });

  it("aborts a step that is late", async () => {
    let aborted = false;
    const attempt = (signal: AbortSignal) =>
      new Promise<void>((resolve) => {
        onAbort(signal, () => {
          aborted = true;
          resolve();
        });
      });
    expect((await all(() => [{ step: "a", attempt }]))[0]?.problem?.code).toBe("timed_out");
    expect(aborted).toBe(true);
  });

  it("of whoever needs nothing has no step", async () => {
    const steps: ProbedStep[] = [];
    for await (const step of tried({}, 20)) steps.push(step);
    expect(steps).toEqual([]);
  });
});
