/** `done`: delivered, or dropped on purpose. `retry`: give it to someone again. `reject`: it can never be delivered. */
export type Outcome = "done" | "retry" | "reject";

/** One item of work. */
export interface Delivery<T> {
  readonly value: T;
  /** Its size, for batches that are bounded by bytes. */
  readonly bytes: number;
  /**
   * Called exactly once; a second call is harmless. What was never settled when the link closes, the source treats
   * as `retry`, and settling it after that changes nothing. Throwing a Problem means that the source could not be
   * told: the item will come again.
   */
  settle(outcome: Outcome, reason?: unknown): void | Promise<void>;
}

/** Takes items; its silence is success. */
export interface Sink<T> {
  /**
   * Resolving means: all arrived. Throw PartialProblem for some, RejectedProblem for never, LinkProblem or
   * DeniedProblem for not now, or the reason of the agent's `stop` for what it will not begin any more: that counts as
   * no try. Ends soon after the signal rings, and writes nothing when it has rung already.
   */
  write(items: readonly T[], signal: AbortSignal): Promise<void>;
  /** Connect and let go again, sending nothing. Throws what `write` would throw. */
  probe?(signal: AbortSignal): Promise<void>;
}

/** An item that was set aside, and why. */
export interface Rejected<T> {
  readonly value: T;
  readonly reason: string;
  readonly code: string;
  /** How often it was tried; 0 where it was refused before that. */
  readonly tries: number;
  /** When it was taken from its source, in milliseconds since 1970. */
  readonly since: number;
  /** When it was set aside, in milliseconds since 1970. */
  readonly at: number;
}
