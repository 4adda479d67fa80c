import { codes, type ProblemClass, type ProblemCode } from "./codes.ts";
import type { ProbedStep } from "./probed-step.ts";
import { maskUrl } from "./secret.ts";

export interface ProblemOptions {
  /** What to do, where the table's general advice can be made more exact. */
  readonly remedy?: string;
  readonly cause?: unknown;
  /** Milliseconds that the other side asked us to wait at least (HTTP Retry-After). */
  readonly retryAfter?: number;
}

/**
 * An expected failure. Its class is its verdict, decided once, where the outside is touched:
 * nothing further in looks at causes or flags. Messages are for people and never hold a secret; passwords in URLs
 * are masked.
 */
export abstract class Problem extends Error {
  abstract override readonly name: ProblemClass;
  readonly code: ProblemCode;
  readonly remedy: string;
  readonly retryAfter: number | undefined;

  constructor(code: ProblemCode, message: string, options: ProblemOptions = {}) {
    super(maskUrl(message), options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.remedy = options.remedy ?? codes[code].remedy;
    this.retryAfter = options.retryAfter;
  }

  toJSON(): { code: ProblemCode; message: string; remedy: string } {
    return { code: this.code, message: this.message, remedy: this.remedy };
  }
}

/** One mistake in a configuration, with its place. */
export interface Mistake {
  /** `file:line:column`, or what comes nearest. */
  readonly at: string;
  readonly message: string;
}

/** Refuse: do not start, or keep what runs. */
export class ConfigProblem extends Problem {
  override readonly name = "ConfigProblem";
  readonly mistakes: readonly Mistake[];
  /** The steps of a probe, where that is what refuses. */
  readonly steps: readonly ProbedStep[];

  constructor(
    code: ProblemCode,
    message: string,
    options: ProblemOptions & { mistakes?: readonly Mistake[]; steps?: readonly ProbedStep[] } = {},
  ) {
    super(code, message, options);
    this.mistakes = options.mistakes ?? [];
    this.steps = options.steps ?? [];
  }
}

/** Reconnect: the part is down, wait and try again. */
export class LinkProblem extends Problem {
  override readonly name = "LinkProblem";
}

/** Wait: trying again soon will not help, a person must look. */
export class DeniedProblem extends Problem {
  override readonly name = "DeniedProblem";
}

/** Reject: this item can never be used; set it aside and go on. */
export class RejectedProblem extends Problem {
  override readonly name = "RejectedProblem";
}

/** Trouble with the other side, which may pass: the verdict is to try again, soon or slowly. */
export function isTrouble(error: unknown): error is LinkProblem | DeniedProblem {
  return error instanceof LinkProblem || error instanceof DeniedProblem;
}

/** Some items of a batch failed; those that are not named arrived. */
export class PartialProblem extends Problem {
  override readonly name = "PartialProblem";
  /** The problem of each failed item, by its index in what was written. */
  readonly failed: ReadonlyMap<number, Problem>;

  constructor(failed: ReadonlyMap<number, Problem>) {
    super("some_refused", `${failed.size} items of a batch were refused`);
    this.failed = failed;
  }
}

/** An error in a few words, also when something that is no Error was thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") return error.errors.map(messageOf).join("; ");
  return error instanceof Error ? error.message || error.name : String(error);
}

/** The system's error code (`ENOENT`, `ECONNREFUSED` …), if there is one. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
