/** Something that happened to a process. */
export interface Entry {
  /** Milliseconds since 1970, by the clock of the one who listens. */
  readonly at: number;
  readonly event: "online" | "offline" | "standing" | "version" | "conflict" | "conflict_over";
  readonly [detail: string]: unknown;
}

/** An agent as its process reported it. */
export interface NodeAgent {
  readonly name: string;
  readonly kind: string;
  readonly standing: string;
  readonly required: boolean;
  /** How far behind the outside it was, in milliseconds. */
  readonly lag?: number;
  /** When its origin last gave a sign of life. */
  readonly last_sync?: number;
  readonly why?: readonly string[];
}

/** What is known of a process; it outlives ours. Moments are in milliseconds since 1970, by our clock. */
export interface Facts {
  readonly instance: string;
  readonly started_at: number;
  readonly version: string;
  readonly host: string;
  readonly pid: number;
  readonly address: string;
  readonly every: number;
  readonly standing: string;
  readonly agents: readonly NodeAgent[];
  readonly agents_total: number;
  readonly online: boolean;
  readonly first_seen: number;
}

/** News of a process. `whole`: in the place of all that was written of it before. */
export interface NodeRecord {
  readonly node: string;
  readonly facts: Facts;
  readonly last_seen: number;
  readonly entries: readonly Entry[];
  readonly whole?: true;
}

/** A line of the ledger. */
export type FleetRecord =
  | NodeRecord
  /** When processes without other news were last seen. */
  | { readonly seen: Readonly<Record<string, number>> }
  | { readonly forgotten: string };

/** Two clocks: what people read, and one that nobody sets. Both in milliseconds. */
export interface Clock {
  wall(): number;
  steady(): number;
}

export const systemClock: Clock = { wall: () => Date.now(), steady: () => performance.now() };
