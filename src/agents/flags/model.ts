/**
 * FeatBit's words for its data, as they stand on the wire. Everything that is not named here is kept and passed
 * through unchanged: server SDKs of other languages may use it.
 */

export interface Variation {
  readonly id: string;
  /** Always text, whatever the flag's type. */
  readonly value: string;
}

/** One served variation, and the part of all users that gets it. */
export interface RolloutVariation {
  readonly id: string;
  /** From and to, both from 0 to 1; the ranges of a list are cumulative. */
  readonly rollout?: readonly [number, number];
  readonly exptRollout?: number;
}

export interface Condition {
  readonly property?: string | null;
  /** null for conditions about segments. */
  readonly op?: string | null;
  readonly value?: string | null;
}

/** Whom a rule serves with what; `fallthrough` is one without conditions. */
export interface Distribution {
  readonly dispatchKey?: string | null;
  readonly includedInExpt?: boolean;
  readonly variations?: readonly RolloutVariation[];
}

export interface TargetRule extends Distribution {
  readonly name: string;
  readonly conditions?: readonly Condition[];
}

/** What flags and segments have in common. */
export interface Item {
  readonly id: string;
  readonly envId: string;
  /** ISO 8601 with up to seven fractional digits. */
  readonly updatedAt: string;
  readonly isArchived?: boolean;
  readonly [other: string]: unknown;
}

export interface Flag extends Item {
  readonly key: string;
  readonly variationType?: string | null;
  readonly variations?: readonly Variation[];
  readonly targetUsers?: readonly { readonly keyIds?: readonly string[]; readonly variationId: string }[];
  readonly rules?: readonly TargetRule[];
  readonly isEnabled?: boolean;
  readonly disabledVariationId?: string | null;
  readonly fallthrough?: Distribution;
  readonly exptIncludeAllTargets?: boolean;
  readonly tags?: readonly string[];
}

export interface Segment extends Item {
  readonly included?: readonly string[];
  readonly excluded?: readonly string[];
  readonly rules?: readonly { readonly conditions?: readonly Condition[] }[];
}

export type SecretType = "server" | "client";

/** What lets SDKs in. The value never reaches a log, a metric or an answer of the admin API. */
export interface EnvironmentSecret {
  readonly type: SecretType;
  readonly projectKey: string;
  readonly envId: string;
  readonly envKey: string;
  readonly value: string;
}

/** All there is to know about one environment. */
export interface Environment {
  readonly envId: string;
  readonly secrets: readonly EnvironmentSecret[];
  readonly featureFlags: readonly Flag[];
  readonly segments: readonly Segment[];
}

/** Everything that is served: plain JSON, so that it can be kept as it is. */
export interface DataSet {
  readonly environments: readonly Environment[];
}

export const empty: DataSet = { environments: [] };
