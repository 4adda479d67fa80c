import type { z } from "zod";
import type { Mistake } from "../core/problems.ts";
import { maskUrl } from "../core/secret.ts";
import { keysAt } from "./json-schema.ts";
import { type Path, type Places, pathText } from "./places.ts";
import { hint } from "./suggest.ts";

type Issue = z.core.$ZodIssue;

/** What is needed to turn a schema's complaint into one that a person can act on. */
export interface Complaining {
  /** The data that did not fit. */
  readonly data: unknown;
  readonly places: Places;
  /** The JSON Schema of the data, for "did you mean". */
  readonly schema: object;
}

/** All mistakes of a configuration, each with place, path, and what to write instead. */
export function complaints(issues: readonly Issue[], about: Complaining): Mistake[] {
  return issues.flatMap((issue) => complain(issue, [], about));
}

function complain(issue: Issue, base: Path, about: Complaining): Mistake[] {
  const path: Path = [...base, ...(issue.path as (string | number)[])];
  // A value that does not fit is quoted, and may be a URL with a password in it.
  const say = (at: string, text: string): Mistake => ({ at, message: `${pathText(path)}: ${maskUrl(text)}` });
  if (issue.code === "unrecognized_keys") {
    const known = keysAt(about.schema, path, about.data);
    return issue.keys.map((key) =>
      say(about.places.ofKey([...path, key]), `unknown key "${key}"${hint(key, known)}`),
    );
  }
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const meant = likeliest(issue.errors);
    // Where no branch was even begun, what the union says of itself is more to the point.
    const begun = meant.some((inner) => inner.path.length > 0) || spoken(issue) === undefined;
    if (begun) return meant.flatMap((inner) => complain(inner, path, about));
  }
  return [say(about.places.ofValue(path), wording(issue, valueAt(about.data, path)))];
}

/** Of a union, the branch that was probably meant: the one that got furthest. */
function likeliest(branches: readonly (readonly Issue[])[]): readonly Issue[] {
  const depth = (issues: readonly Issue[]) => Math.max(...issues.map((issue) => issue.path.length));
  return branches.reduce((best, branch) => (depth(branch) > depth(best) ? branch : best));
}

function wording(issue: Issue, value: unknown): string {
  if (issue.code === "invalid_type" && value === undefined) return missing(issue);
  return spoken(issue) ?? plainly(issue, value);
}

function plainly(issue: Issue, value: unknown): string {
  switch (issue.code) {
    case "invalid_type":
      return `expected ${article(issue.expected)}, found ${found(value)}`;
    case "too_small":
      return issue.origin === "number" || issue.origin === "int"
        ? `${value} is too small, write ${issue.inclusive ? "" : "more than "}${issue.minimum}${issue.inclusive ? " or more" : ""}`
        : `is too short, give ${issue.minimum} or more`;
    case "too_big":
      return issue.origin === "number" || issue.origin === "int"
        ? `${value} is too large, write ${issue.maximum} or less`
        : `is too long, give ${issue.maximum} or fewer`;
    case "invalid_value":
      return choice(value, issue.values.map(String));
    case "invalid_union":
      return choice(value, "options" in issue ? (issue.options as unknown[]).map(String) : []);
    case "invalid_key":
      return issue.issues[0]?.message ?? issue.message;
    default:
      return issue.message;
  }
}

function missing(issue: Issue & { code: "invalid_type" }): string {
  const told = spoken(issue);
  return told ? `is missing: ${told}` : `is missing, write ${article(issue.expected)}`;
}

/** The schema's own words, where it has any that are not zod's. */
function spoken({ message }: Issue): string | undefined {
  return /^(Invalid|Too (small|big)|Unrecognized)\b/.test(message) ? undefined : message;
}

function choice(value: unknown, known: readonly string[]): string {
  if (value === undefined) return `is missing, write one of ${known.join(", ")}`;
  return `${found(value)} is not known${hint(String(value), known) || `, write one of ${known.join(", ")}`}`;
}

function found(value: unknown): string {
  if (value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "a map" : JSON.stringify(value);
}

const ARTICLES: Record<string, string> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "a map",
  record: "a map",
  array: "a list",
};

function article(expected: string): string {
  return ARTICLES[expected] ?? expected;
}

function valueAt(data: unknown, path: Path): unknown {
  let value = data;
  for (const step of path) value = (value as Record<string | number, unknown> | null | undefined)?.[step];
  return value;
}
