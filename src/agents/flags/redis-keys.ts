import { createHash } from "node:crypto";
import { LinkProblem } from "../../core/problems.ts";

/** The names of keys below a prefix, in the shapes that the FeatBit server's own cache has. */
export function redisKeys(prefix: string) {
  return {
    schema: `${prefix}schema`,
    generation: `${prefix}generation`,
    environments: `${prefix}envs`,
    environment: (envId: string) => `${prefix}env:${envId}`,
    flag: (id: string) => `${prefix}flag:${id}`,
    flagIndex: (envId: string) => `${prefix}flag-index:${envId}`,
    segment: (envId: string, id: string) => `${prefix}segment:${envId}:${id}`,
    segmentIndex: (envId: string) => `${prefix}segment-index:${envId}`,
    secret: (value: string) => `${prefix}secret:${value}`,
    secrets: (envId: string) => `${prefix}secrets:${envId}`,
    leader: `${prefix}leader`,
    /** A set of agents; the relay proxy's key is named by its SHA-256. */
    registered: (hash: string) => `${prefix}registered:${hash}`,
    changes: `${prefix}changes`,
  };
}

export type RedisKeys = ReturnType<typeof redisKeys>;

/** The layout that is written. A store with a larger number is never written to. */
export const SCHEMA = 1;

export function newerSchema(schema: number): LinkProblem {
  return new LinkProblem("answer_unexpected", `the store has schema ${schema}, and we know ${SCHEMA}`, {
    remedy: "Give this agent another `prefix`, or a newer Outrider.",
  });
}

/** A change as it is told to the other agents. */
export interface Change {
  readonly v: 1;
  /** Who wrote it. */
  readonly origin: string;
  readonly generation: number;
  /** `refresh` is no change: somebody asks whoever follows the server to ask it for everything. */
  readonly kind: "flag" | "segment" | "env" | "all" | "refresh";
  readonly envId?: string;
  readonly id?: string;
  /** Something in it is older than it was: somebody's express wish. */
  readonly older?: boolean;
}

/** A name that is not the same in two processes, so that nobody listens to himself. */
export function originOf(agent: string): string {
  return `${agent}:${createHash("sha256").update(`${process.pid} ${Math.random()} ${Date.now()}`).digest("hex").slice(0, 12)}`;
}
