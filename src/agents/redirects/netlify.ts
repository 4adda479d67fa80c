import { RejectedProblem } from "../../core/problems.ts";
import { type Rule, RuleSet, statusOf } from "./rules.ts";

/**
 * Reads a `_redirects` file as Netlify and Cloudflare Pages have it: `from to status`, with `:name` in between and
 * `*` at the end. The topmost matching line wins there; here exact rules win over patterns, and longer patterns over
 * shorter ones, which is the same unless a wide line stands above a narrow one. What redirects cannot say is refused:
 * conditions, rewrites (200), query parameters. Throws RejectedProblem with the place of every mistake.
 * @param usual the status of lines that give none: 301 at Netlify, 302 at Cloudflare
 */
export function readNetlify(text: string, file: string, usual: 301 | 302): RuleSet {
  const rules: Rule[] = [];
  const mistakes: string[] = [];
  for (const [index, line] of text
    .replace(/^\ufeff/, "")
    .split(/\r?\n/)
    .entries()) {
    const words = wordsOf(line);
    if (words.length === 0) continue;
    try {
      rules.push(ruleOf(words, usual));
    } catch (error) {
      if (!(error instanceof Mistake)) throw error;
      mistakes.push(`${file}:${index + 1}:${error.column}  ${error.message}`);
    }
  }
  if (mistakes.length > 0) throw new RejectedProblem("data_refused", mistakes.join("\n"));
  return RuleSet.of(firstOnly(rules));
}

interface Word {
  readonly text: string;
  /** Counted from 1. */
  readonly column: number;
}

class Mistake extends Error {
  readonly column: number;

  constructor({ column }: Word, message: string) {
    super(message);
    this.column = column;
  }
}

/** The words of a line, up to a comment. */
function wordsOf(line: string): Word[] {
  const words = [...line.matchAll(/\S+/g)].map(({ 0: text, index }) => ({ text, column: index + 1 }));
  const comment = words.findIndex(({ text }) => text.startsWith("#"));
  return comment < 0 ? words : words.slice(0, comment);
}

/** The first of equal sources wins in a `_redirects` file, the last wins here. */
function firstOnly(rules: readonly Rule[]): Rule[] {
  const seen = new Set<string>();
  return rules.filter(({ source }) => !seen.has(source) && seen.add(source));
}

function ruleOf(words: readonly Word[], usual: number): Rule {
  const [from, target, status, ...more] = words as [Word, ...Word[]];
  const condition = [target, status, ...more].find((word) => word && /^[A-Za-z]\w*=/.test(word.text));
  if (condition) throw new Mistake(condition, "conditions and query parameters have no counterpart");
  if (!target) throw new Mistake(from, "the target is missing");
  if (more[0]) throw new Mistake(more[0], `"${more[0].text}" is one word too many`);
  const code = status === undefined ? usual : codeOf(status);
  const { host, path } = splitFrom(from);
  const groups: string[] = [];
  const pattern = path.replace(/\*$|:[A-Za-z]\w*|[.+?^${}()|[\]\\*]/g, (piece) => patternFor(piece, groups));
  const common = { status: statusOf(code), code, target: targetFor(target.text, groups) };
  if (groups.length === 0)
    return { ...common, type: host === "" ? "BASIC" : "BASIC_HOST", source: host + path };
  if (groups.length > 9) throw new Mistake(from, "more than nine placeholders have no counterpart");
  const quoted = host.replace(/[.+?^${}()|[\]\\]/g, "\\$&");
  // `/blog/*` also means `/blog`.
  const whole = pattern.replace(/\/\(\.\*\)$/, "(?:/(.*))?");
  return { ...common, type: host === "" ? "REGEX" : "REGEX_HOST", source: `^${quoted}${whole}$` };
}

function codeOf(word: Word): number {
  const code = Number(word.text.replace(/!$/, ""));
  if ([301, 302, 307, 308].includes(code)) return code;
  throw new Mistake(word, `status ${word.text} has no counterpart: only 301, 302, 307 and 308 are redirects`);
}

function splitFrom(word: Word): { host: string; path: string } {
  const absolute = /^https?:\/\/([^/]+)(\/.*)?$/i.exec(word.text);
  const path = absolute ? (absolute[2] ?? "/") : word.text;
  if (!path.startsWith("/")) throw new Mistake(word, `"${word.text}" is neither a path nor a URL`);
  if (path.slice(0, -1).includes("*")) throw new Mistake(word, "a `*` may stand at the end only");
  return { host: absolute?.[1]?.toLowerCase() ?? "", path };
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
