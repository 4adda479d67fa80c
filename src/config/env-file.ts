import type { Mistake } from "../core/problems.ts";

export interface EnvFile {
  readonly env: Readonly<Record<string, string>>;
  readonly mistakes: readonly Mistake[];
}

const LINE = /^\s*(?:export\s+)?([A-Za-z_][\w.:-]*)\s*=[ \t]*/;

/**
 * Reads a file of variables as Docker's `--env-file`, systemd's `EnvironmentFile` and shells have it: `NAME=value` a
 * line, with or without `export`; comments begin with #. A value in quotes may go on over several lines; what follows
 * a backslash in double quotes is taken as it is. Nothing is filled in.
 */
export function parseEnvFile(text: string, file: string): EnvFile {
  const env: Record<string, string> = {};
  const mistakes: Mistake[] = [];
  for (let at = text.startsWith("\ufeff") ? 1 : 0; at < text.length; ) {
    const line = text.slice(0, at).split("\n").length;
    const end = lineEnd(text, at);
    const rest = text.slice(at, end);
    const begin = LINE.exec(rest);
    if (begin === null) {
      if (!/^\s*(?:#|$)/.test(rest))
        mistakes.push({ at: `${file}:${line}:1`, message: "expected NAME=value" });
      at = end + 1;
      continue;
    }
    const value = valueAt(text, at + begin[0].length);
    if (value === undefined) {
      mistakes.push({ at: `${file}:${line}:1`, message: `the quote of ${begin[1]} is not closed` });
      break;
    }
    env[begin[1]!] = value.text;
    at = lineEnd(text, value.end) + 1;
  }
  return { env, mistakes };
}

function lineEnd(text: string, from: number): number {
  const at = text.indexOf("\n", from);
  return at < 0 ? text.length : at;
}

/** @returns undefined for a quote without an end */
function valueAt(text: string, at: number): { readonly text: string; readonly end: number } | undefined {
  const quote = text[at];
  if (quote !== "'" && quote !== '"') {
    const end = lineEnd(text, at);
    return { text: text.slice(at, end).trim(), end };
  }
  let value = "";
  for (let here = at + 1; here < text.length; here++) {
    if (text[here] === quote) return { text: value, end: here };
    if (quote === '"' && text[here] === "\\" && /["\\$`]/.test(text[here + 1] ?? "")) here++;
    value += text[here];
  }
  return undefined;
}
