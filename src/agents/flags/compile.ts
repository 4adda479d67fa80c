import { messageOf } from "../../core/problems.ts";
import type { Range } from "./bucket.ts";
import { compileCondition, type Holds, listOf } from "./condition.ts";
import type { Condition, Distribution, Flag, Segment, TargetRule, Variation } from "./model.ts";
import type { User } from "./user.ts";
import { isBlank } from "./user.ts";

/** A segment made ready: whether a user belongs to it. */
export type Belongs = (user: User) => boolean;

/** The segments of one environment by id. */
export interface Segments {
  get(id: string): Belongs | undefined;
}

/** Whether a condition, of whatever sort, holds for a user of an environment. */
type Check = (user: User, segments: Segments) => boolean;

export interface Entry {
  readonly id: string;
  readonly range: Range;
  readonly exptRollout: number;
}

/** Whom to serve what, made ready. */
export interface Node {
  readonly dispatchKey: string | undefined;
  readonly includedInExpt: boolean;
  readonly entries: readonly Entry[];
}

export interface Rule extends Node {
  readonly name: string;
  readonly checks: readonly Check[];
}

/** A flag made ready for evaluation: lists are sets, patterns are compiled, numbers are read. */
export interface Compiled {
  readonly flag: Flag;
  readonly variations: ReadonlyMap<string, Variation>;
  /** The variation of each user that is targeted by key; the first list wins. */
  readonly targets: ReadonlyMap<string, string>;
  readonly rules: readonly Rule[];
  readonly fallthrough: Node;
  /** Texts in which the ids of segments stand that the flag refers to. */
  readonly segmentTexts: readonly string[];
  /** What cannot be used of it, in words. */
  readonly malformed: readonly string[];
}

const IN = "User is in segment";
const NOT_IN = "User is not in segment";

const flags = new WeakMap<Flag, Compiled>();
const segments = new WeakMap<Segment, Belongs>();

/** Makes a flag ready on first use; the same object is made ready once. */
export function compiled(flag: Flag): Compiled {
  const ready = flags.get(flag) ?? compile(flag);
  flags.set(flag, ready);
  return ready;
}

/** Makes a segment ready on first use. Segments do not nest. */
export function compiledSegment(segment: Segment): Belongs {
  const ready = segments.get(segment) ?? compileSegment(segment);
  segments.set(segment, ready);
  return ready;
}

/** A flag whose data nobody can make sense of serves nothing; the others are not its hostages. */
function compile(flag: Flag): Compiled {
  try {
    return compileWhole(flag);
  } catch (error) {
    const { rules: _, targetUsers: __, fallthrough: ___, ...rest } = flag;
    const bare = compileWhole({ ...(rest as Flag), variations: [] });
    return { ...bare, malformed: [`cannot be read: ${messageOf(error)}`] };
  }
}

function compileWhole(flag: Flag): Compiled {
  const malformed: string[] = [];
  const conditions = (flag.rules ?? []).flatMap((rule) => rule.conditions ?? []);
  return {
    flag,
    variations: new Map((flag.variations ?? []).map((each) => [each.id, each])),
    targets: targetsOf(flag),
    rules: (flag.rules ?? []).map((rule) => compileRule(rule, (why) => malformed.push(why))),
    fallthrough: compileNode(flag.fallthrough),
    segmentTexts: conditions.filter(isAboutSegments).map(({ value }) => value ?? ""),
    malformed,
  };
}

function targetsOf({ targetUsers = [] }: Flag): Map<string, string> {
  const targets = new Map<string, string>();
  for (const { keyIds = [], variationId } of targetUsers)
    for (const key of keyIds) if (!targets.has(key)) targets.set(key, variationId);
  return targets;
}

function compileRule(rule: TargetRule, malformed: (why: string) => void): Rule {
  const checks = (rule.conditions ?? []).map((condition): Check => {
    if (isAboutSegments(condition)) return segmentCheck(condition, malformed);
    return compileCondition(condition, malformed);
  });
  return { ...compileNode(rule), name: rule.name, checks };
}

function compileNode({ dispatchKey, includedInExpt = false, variations = [] }: Distribution = {}): Node {
  return {
    dispatchKey: isBlank(dispatchKey) ? undefined : dispatchKey!,
    includedInExpt,
    entries: variations
      .filter(({ rollout }) => Array.isArray(rollout) && rollout.length === 2)
      .map(({ id, rollout, exptRollout = 0 }) => ({ id, range: rollout!, exptRollout })),
  };
}

function isAboutSegments({ property }: Condition): boolean {
  return property === IN || property === NOT_IN;
}

function segmentCheck({ property, value }: Condition, malformed: (why: string) => void): Check {
  const wanted = property === IN;
  let ids: ReadonlySet<string>;
  try {
    ids = (typeof value === "string" ? listOf(value) : undefined) ?? new Set();
  } catch (error) {
    malformed(String(error));
    return () => false;
  }
  return (user, segments) => {
    // An unknown segment is one that nobody belongs to.
    for (const id of ids) if (segments.get(id)?.(user)) return wanted;
    return !wanted;
  };
}

function compileSegment({ included = [], excluded = [], rules = [] }: Segment): Belongs {
  const [ins, outs] = [new Set(included), new Set(excluded)];
  const checks = rules.map(({ conditions = [] }) =>
    conditions.map((each) => compileCondition(each, () => {})),
  );
  const all = (user: User) => (holds: Holds) => holds(user);
  return (user) => {
    if (outs.has(user.keyId)) return false;
    return ins.has(user.keyId) || checks.some((conditions) => conditions.every(all(user)));
  };
}
