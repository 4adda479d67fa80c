import { readFileSync } from "node:fs";
import { messageOf } from "../core/problems.ts";

export type Env = Readonly<Record<string, string | undefined>>;

/** `${…}` with a variable, with or without a default, or a file in it; or one that is never closed. */
const REFERENCE = /\$\$\{|\$\{([^}]*)(\}?)/g;
const VARIABLE = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s;

/**
 * Replaces `${NAME}`, `${NAME:-default}` and `${file:/path}` in a text; `$${` stands for a plain `${`.
 * It works on single values after parsing, so that what is filled in can never change the structure.
 * Throws an Error that says what is missing.
 */
export function expand(text: string, env: Env): string {
  return text.replace(REFERENCE, (whole, reference: string | undefined, close: string | undefined) => {
    if (reference === undefined) return "${";
    if (!close) throw new Error(`a reference is not closed by }, write $\${ for a plain \${`);
    if (reference.startsWith("file:")) return fileText(reference.slice(5));
    const variable = VARIABLE.exec(reference);
    if (!variable)
      throw new Error(`${whole} is no reference, write \${NAME}, \${NAME:-default} or \${file:/path}`);
    const [, name = "", fallback] = variable;
    if (fallback?.includes("${")) throw new Error(`${whole}: a default cannot hold another reference`);
    // An empty variable counts as unset, as in a shell's `:-`.
    const value = env[name] || fallback;
    if (value !== undefined) return value;
    throw new Error(`the environment variable ${name} is not set, set it or write \${${name}:-default}`);
  });
}

export function hasReference(text: string): boolean {
  return text.includes("${");
}

/** A file's content without the line end that editors and `kubectl create secret` leave. */
function fileText(path: string): string {
  try {
    return readFileSync(path, "utf8").replace(/\r?\n$/, "");
  } catch (error) {
    throw new Error(`cannot read the file ${path} (${messageOf(error)})`);
  }
}
