import { RejectedProblem } from "../../../core/problems.ts";
import type { Filling } from "../lookup.ts";
import { placeholders } from "../placeholders.ts";

/** A segment that servers take for a step up or for nothing. */
const DOTS = /\/\.\.?(?=[/?#]|$)/;

/**
 * Compiles a part of a URL with placeholders, whose values are escaped. Throws a ConfigProblem for a name that means
 * nothing; what it gives throws RejectedProblem for values with which the URL would lead elsewhere: no escape keeps
 * `..` from being a step up.
 */
export function urlText(text: string): (from: Filling) => string {
  const compiled = placeholders(text, escaped);
  if (DOTS.test(text)) return compiled;
  return (from) => {
    const made = compiled(from);
    if (made.includes("/.") && DOTS.test(made)) {
      throw new RejectedProblem("item_refused", `a value of the event makes a step up of the path: ${made}`);
    }
    return made;
  };
}

/** Halves of characters, which JSON may hold and UTF-8 not, are replaced. */
function escaped(value: string): string {
  return encodeURIComponent(Buffer.from(value).toString("utf8"));
}
