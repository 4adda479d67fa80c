import { type Context, createContext, Script } from "node:vm";
import { RE2JS } from "re2js";

/** Whether a text has a match of the pattern anywhere. */
export type Finds = (text: string) => boolean;

/** How long one search may take where no linear engine knows the pattern, in milliseconds; then it found nothing. */
const LONGEST = 20;

/**
 * A pattern in .NET's dialect. What a linear-time engine can express runs on it; what needs looking around or back
 * runs on JavaScript's, with a limit of time, so that no pattern can hold up the process.
 * @returns undefined for a pattern that cannot be compiled
 */
export function compilePattern(pattern: string): Finds | undefined {
  return linear(pattern) ?? limited(pattern);
}

function linear(pattern: string): Finds | undefined {
  try {
    const compiled = RE2JS.compile(forRe2(pattern));
    return (text) => compiled.matcher(text).find();
  } catch {
    return undefined;
  }
}

const search = new Script("regex.test(text)");
let context: Context | undefined;

function limited(pattern: string): Finds | undefined {
  const source = forJavaScript(pattern);
  try {
    const regex = new RegExp(source.text, source.flags);
    return (text) => {
      // One for all of them, made when it is first needed: a context is large.
      context ??= createContext({});
      Object.assign(context, { regex, text });
      try {
        return search.runInContext(context, { timeout: LONGEST }) === true;
      } catch {
        return false;
      }
    };
  } catch {
    return undefined;
  }
}

/** `$` and `\Z` of .NET also match before a line break at the very end; names of groups may be quoted. */
function forRe2(pattern: string): string {
  return outsideOfClasses(pattern, (piece) => {
    if (piece === "$") return isMultiline(pattern) ? "$" : "(?:\\n?\\z)";
    if (piece === "\\Z") return "(?:\\n?\\z)";
    return piece;
  }).replace(/\(\?(?:<|')([A-Za-z_]\w*)[>']/g, "(?P<$1>");
}

function forJavaScript(pattern: string): { text: string; flags: string } {
  const [, options = ""] = /^\(\?([ims]+)\)/.exec(pattern) ?? [];
  const rest = outsideOfClasses(pattern.replace(/^\(\?[ims]+\)/, ""), (piece) => {
    if (piece === "\\A") return "(?<![\\s\\S])";
    if (piece === "\\z") return "(?![\\s\\S])";
    if (piece === "\\Z" || (piece === "$" && !options.includes("m"))) return "(?=\\n?(?![\\s\\S]))";
    return piece;
  });
  return { text: rest, flags: [...new Set(options), ...(/\\[pP]\{/.test(rest) ? ["u"] : [])].join("") };
}

function isMultiline(pattern: string): boolean {
  return /^\(\?[is]*m/.test(pattern);
}

/** Rewrites escapes and single characters that stand outside of `[…]`. */
function outsideOfClasses(pattern: string, rewrite: (piece: string) => string): string {
  let inClass = false;
  return pattern.replace(/\\[\s\S]|[\s\S]/g, (piece) => {
    if (inClass) {
      inClass = piece !== "]";
      return piece;
    }
    inClass = piece === "[";
    return rewrite(piece);
  });
}
