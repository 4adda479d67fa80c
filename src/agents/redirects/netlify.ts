import { RejectedProblem } from "../../core/problems.ts";
import { type Rule, RuleSet, statusOf } from "./rules.ts";

/**
 * Reads a `_redirects` file as Netlify and Cloudflare Pages have it: `from to status`, with `*` and `:name` in
 * between. The topmost matching line wins there; here exact rules win over patterns, and longer patterns over
 * shorter ones, which is the same unless a wide line stands above a narrow one. What redirects cannot say is refused: conditions,
 * rewrites (200), query parameters. Throws RejectedProblem with every such line.
 */
export function readNetlify(text: string, file: string): RuleSet {
  const rules: Rule[] = [];
  const mistakes: string[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const words = line
      .replace(/(^|\s)#.*$/, "")
      .trim()
      .split(/\s+/);
    if (words[0] === "") continue;
    try {
      rules.push(ruleOf(words));
    } catch (error) {
      mistakes.push(`${file}:${index + 1}:1  ${error instanceof Error ? error.message : error}`);
    }
  }
  if (mistakes.length > 0) throw new RejectedProblem("data_refused", mistakes.join("\n"));
  return RuleSet.of(firstOnly(rules));
}

/** The first of equal sources wins in a `_redirects` file, the last wins here. */
function firstOnly(rules: readonly Rule[]): Rule[] {
  const seen = new Set<string>();
  return rules.filter(({ source }) => !seen.has(source) && seen.add(source));
}

function ruleOf(words: readonly string[]): Rule {
  const [from = "", ...rest] = words;
  const [target, last] = rest.filter((word) => !/^[a-z_]+=/i.test(word) || /^\/|:\/\//.test(word));
  if (rest.some((word) => /^[A-Za-z]\w*=/.test(word)))
    throw new Error("conditions and query parameters have no counterpart");
  if (target === undefined) throw new Error("the target is missing");
  const code = statusCode(last);
  const { host, path } = splitFrom(from);
  const groups: string[] = [];
  const pattern = path.replace(/\*$|:[A-Za-z]\w*|[.+?^${}()|[\]\\*]/g, (piece) => patternFor(piece, groups));
  const common = { status: statusOf(code), code, target: targetFor(target, groups) };
  if (groups.length === 0)
    return { ...common, type: host === "" ? "BASIC" : "BASIC_HOST", source: host + path };
  const quoted = host.replace(/[.+?^${}()|[\]\\]/g, "\\$&");
  // `/blog/*` also means `/blog`.
  const whole = pattern.replace(/\/\(\.\*\)$/, "(?:/(.*))?");
  return { ...common, type: host === "" ? "REGEX" : "REGEX_HOST", source: `^${quoted}${whole}$` };
}

function statusCode(word: string | undefined): number {
  const code = Number((word ?? "301").replace(/!$/, ""));
  if ([301, 302, 307, 308].includes(code)) return code;
  throw new Error(`status ${word} has no counterpart: only 301, 302, 307 and 308 are redirects`);
}

function splitFrom(from: string): { host: string; path: string } {
  const absolute = /^https?:\/\/([^/]+)(\/.*)?$/i.exec(from);
  if (absolute) return { host: absolute[1]!, path: absolute[2] ?? "/" };
  if (!from.startsWith("/")) throw new Error(`"${from}" is neither a path nor a URL`);
  return { host: "", path: from };
}

function patternFor(piece: string, groups: string[]): string {
  if (piece === "*") {
    groups.push(":splat");
    return "(.*)";
  }
  if (!piece.startsWith(":")) return `\\${piece}`;
  groups.push(piece);
  return "([^/]+)";
}

function targetFor(target: string, groups: readonly string[]): string {
  return target.replace(/:[A-Za-z]\w*/g, (name) => {
    const group = groups.indexOf(name) + 1;
    return group > 0 ? `$${group}` : name;
  });
}
