import assert from "node:assert/strict";
import { settlesWithin } from "../core/life.ts";

/**
 * One thing that is true of every implementation of a contract, as a check that any test runner can run:
 *
 *     for (const law of feedLaws(() => subject())) it(law.name, law.check);
 *
 * Laws look for what is left behind in the process, so run them one after the other.
 */
export interface Law {
  readonly name: string;
  /** Rejects with an AssertionError that says how the law was broken. */
  readonly check: () => Promise<void>;
}

/** Something that is put on trial. A fresh one is made for each law. */
export interface Subject {
  /** Takes back what making it has done. It may be called twice. */
  close?(): void | Promise<void>;
}

export type Make<S extends Subject> = () => S | Promise<S>;

/** A law about a fresh subject, which is closed afterwards. */
export function law<S extends Subject>(
  name: string,
  make: Make<S>,
  check: (subject: S) => Promise<void>,
): Law {
  return {
    name,
    check: async () => {
      const subject = await make();
      try {
        await check(subject);
      } finally {
        await subject.close?.();
      }
    },
  };
}

/** How long the laws wait, in milliseconds. Raise these where machines are slow. */
export const patience = {
  /** For what should happen soon. */
  soon: 5_000,
  /** For an end after the signal rang. */
  atOnce: 1_000,
  /** For what is left behind to go: sockets linger, and so do their libraries. */
  linger: 4_000,
};

/** Asserts that a promise settles in time, and returns its value or throws what it throws. */
export async function inTime<T>(ms: number, promise: Promise<T>, what: string): Promise<T> {
  assert.ok(await settlesWithin(ms, promise), `${what} within ${ms} ms`);
  return promise;
}

/** Asserts that something becomes true in time. It is asked again and again, because not everything sends an event. */
export async function comesTrue(
  ms: number,
  ask: () => boolean | Promise<boolean>,
  what: string,
): Promise<void> {
  const end = performance.now() + ms;
  while (!(await ask())) {
    assert.ok(performance.now() < end, `${what} within ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** What a promise throws; undefined if it does not. */
export async function thrownBy(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    return error ?? new Error("something empty was thrown");
  }
}
