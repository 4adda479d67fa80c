/** What a door puts up with. */
export interface DoorLimits {
  /** How long a caller may wait for the next tenant, in milliseconds. */
  readonly patience: number;
  /** How many connections, and how many requests, may wait for the next tenant. */
  readonly waiting: number;
  /** How long a request head may take, in milliseconds. */
  readonly head: number;
  /** How long a kept-alive connection may be idle, in milliseconds. */
  readonly idle: number;
}

export const usualLimits: DoorLimits = {
  patience: 10_000,
  waiting: 1_000,
  head: 15_000,
  // Longer than the usual proxy keeps its own, so that the proxy is the one to close.
  idle: 65_000,
};
