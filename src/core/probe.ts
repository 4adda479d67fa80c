import { unless, Within } from "./life.ts";
import type { ProbedStep } from "./probed-step.ts";
import { LinkProblem, messageOf, Problem } from "./problems.ts";
import { maskUrl } from "./secret.ts";

export type { ProbedStep } from "./probed-step.ts";

/** One thing outside that an agent needs, and how to try it. */
export interface ProbeStep {
  /** The part of the agent's health that it stands for, such as `source`; of several alike, with `:name`. */
  readonly step: string;
  /** Connects and lets go again, taking nothing. Throws a Problem, which is this step's alone. */
  attempt(signal: AbortSignal): unknown;
  /** What it finds is worth knowing and no fault: the probe is fine without it. */
  readonly advisory?: true;
}

/** A probe, step by step. What it opened for all steps is closed when the last was tried: a generator's `finally`. */
export type ProbeSteps = Iterable<ProbeStep> | AsyncIterable<ProbeStep>;

/** Whoever can be probed. */
export interface Probed {
  probe?(): ProbeSteps;
}

/**
 * Tries the steps one after the other. One that fails stops none that follow, so that every problem shows at once.
 * What the probe itself throws, before or between its steps, becomes a step named `wiring`.
 * @param timeout how long each step may take, in milliseconds
 * @param signal once it rings, what was not tried yet is skipped
 */
export async function* tried(
  probed: Probed,
  timeout: number,
  signal: AbortSignal = new AbortController().signal,
): AsyncGenerator<ProbedStep> {
  try {
    for await (const step of probed.probe?.() ?? []) {
      yield signal.aborted
        ? { step: step.step, ok: false, skipped: true }
        : await triedStep(step, timeout, signal);
    }
  } catch (error) {
    yield { step: "wiring", ok: false, problem: problemOf(error) };
  }
}

/** Whether all is well. */
export function isFine(steps: readonly ProbedStep[]): boolean {
  return steps.every(({ ok, advisory }) => ok || advisory);
}

/** Tries one step. It never throws. */
export async function triedStep(
  { step, attempt, advisory }: ProbeStep,
  timeout: number,
  signal: AbortSignal = new AbortController().signal,
): Promise<ProbedStep> {
  const within = new Within(signal, timeout);
  const began = performance.now();
  const ms = () => Math.round(performance.now() - began);
  const failed = (error: unknown): ProbedStep => ({
    step,
    ok: false,
    ms: ms(),
    problem: problemOf(error),
    ...(advisory && { advisory }),
  });
  try {
    await unless(
      within.signal,
      Promise.resolve(within.signal).then((inner) => attempt(inner)),
    );
    return within.signal.aborted ? failed(late(timeout)) : { step, ok: true, ms: ms() };
  } catch (error) {
    return failed(within.signal.aborted ? late(timeout) : error);
  } finally {
    within.release();
  }
}

/** An error as it is shown. What is no Problem is a defect, of ours or of a module of the user's. */
export function problemOf(error: unknown): NonNullable<ProbedStep["problem"]> {
  if (error instanceof Problem) return error.toJSON();
  return { code: "defect", message: maskUrl(messageOf(error)) };
}

function late(timeout: number): LinkProblem {
  return new LinkProblem("timed_out", `no answer within ${timeout} ms`);
}
