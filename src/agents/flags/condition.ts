import type { Condition } from "./model.ts";
import { readNumber } from "./number.ts";
import { compilePattern } from "./pattern.ts";
import { propertyOf, type User } from "./user.ts";

/** Whether a value, as text, passes. */
type Test = (value: string) => boolean;

/** Whether a condition holds for a user. */
export type Holds = (user: User) => boolean;

const never: Test = () => false;

/** What each operator makes of a condition's value. Throws where it cannot be used: then the condition never holds. */
const operators: Readonly<Record<string, (value: string) => Test>> = {
  LessThan: comparing((given, wanted) => given < wanted),
  LessEqualThan: comparing((given, wanted) => given <= wanted),
  BiggerThan: comparing((given, wanted) => given > wanted),
  BiggerEqualThan: comparing((given, wanted) => given >= wanted),
  Equal: (wanted) => (given) => given === wanted,
  NotEqual: (wanted) => (given) => given !== wanted,
  Contains: (wanted) => (given) => given.includes(wanted),
  NotContain: (wanted) => (given) => !given.includes(wanted),
  StartsWith: (wanted) => (given) => given.startsWith(wanted),
  EndsWith: (wanted) => (given) => given.endsWith(wanted),
  MatchRegex: (wanted) => patternOf(wanted),
  NotMatchRegex: (wanted) => {
    const finds = patternOf(wanted);
    return (given) => !finds(given);
  },
  IsOneOf: (wanted) => {
    const list = listOf(wanted);
    return (given) => list?.has(given) ?? false;
  },
  NotOneOf: (wanted) => {
    const list = listOf(wanted);
    return (given) => !list?.has(given);
  },
  IsTrue: () => (given) => given.toLowerCase() === "true",
  IsFalse: () => (given) => given.toLowerCase() === "false",
};

/**
 * An ordinary condition, made ready. One with malformed data never holds, a negative one neither; the peer would
 * then answer nothing for any flag.
 * @param malformed told why
 */
export function compileCondition(condition: Condition, malformed: (why: string) => void): Holds {
  const { property, op, value } = condition;
  const operator = typeof op === "string" && Object.hasOwn(operators, op) ? operators[op] : undefined;
  if (!operator || typeof value !== "string") return () => false;
  const test = tested(() => operator(value), malformed);
  if (test === never) return () => false;
  const name = property ?? "";
  return (user) => {
    const given = propertyOf(user, name);
    return given !== null && test(given);
  };
}

function tested(make: () => Test, malformed: (why: string) => void): Test {
  try {
    return make();
  } catch (error) {
    malformed(error instanceof Error ? error.message : String(error));
    return never;
  }
}

function comparing(holds: (given: number, wanted: number) => boolean) {
  return (wanted: string): Test => {
    const number = readNumber(wanted);
    return (given) => holds(readNumber(given), number);
  };
}

function patternOf(pattern: string): Test {
  const finds = compilePattern(pattern);
  if (!finds) throw new Error(`the pattern ${JSON.stringify(pattern)} cannot be compiled`);
  return finds;
}

/** A JSON array of texts, given as text; undefined for JSON's null. Throws for anything else. */
export function listOf(text: string): ReadonlySet<string> | undefined {
  const list: unknown = JSON.parse(text);
  if (list === null) return undefined;
  if (!Array.isArray(list) || list.some((each) => each !== null && typeof each !== "string"))
    throw new Error(`${JSON.stringify(text)} is no list of texts`);
  return new Set(list as string[]);
}
