import type { Environment } from "@marcbachmann/cel-js";
import { messageOf } from "../../../../core/problems.ts";
import { replaced } from "./library.ts";
import { led, unled } from "./words.ts";

/** An expression that was compiled once. */
export interface Expression {
  readonly text: string;
  /** `bool`, `dyn` where only the evaluation will tell, or another type of CEL. */
  readonly type: string;
  /** Throws an Error when it cannot be evaluated: a field that is missing, types that do not go together. */
  evaluate(variables: Readonly<Record<string, unknown>>): unknown;
}

/** Why there is no expression: it is no CEL at all, or it can never work with the variables there are. */
export interface Fault {
  readonly fault: "syntax" | "type";
  readonly reason: string;
}

/**
 * Compiles an expression, or says what is wrong with it. Never throws.
 * @param functions those that are not the library's own
 */
export function compile(within: Environment, text: string, functions = replaced): Expression | Fault {
  try {
    const parsed = within.parse(led(text, functions));
    const { valid, type = "dyn", error } = parsed.check();
    if (!valid) return { fault: "type", reason: reasonOf(error) };
    return { text, type, evaluate: (variables) => parsed(variables) };
  } catch (error) {
    return { fault: "syntax", reason: reasonOf(error) };
  }
}

/** What went wrong, in one line. */
export function reasonOf(error: unknown): string {
  const summary = error instanceof Error && "summary" in error ? String(error.summary) : messageOf(error);
  return unled(summary);
}
