/**
 * CEL as a sequence of words, as far as two questions need it: which names does an expression use, and which calls
 * have to be led to functions of ours. Texts and comments are passed over.
 */
const WORD = new RegExp(
  [
    // Raw texts know no escapes, the others do.
    String.raw`(?:[rR][bB]?|[bB][rR])(?:"""[^]*?"""|'''[^]*?'''|"[^"\n]*"|'[^'\n]*')`,
    String.raw`[bB]?(?:"""(?:\\[^]|[^\\])*?"""|'''(?:\\[^]|[^\\])*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')`,
    String.raw`//[^\n]*`,
    String.raw`(?<dot>\.\s*)?(?<name>[A-Za-z_]\w*)(?:(?<call>(?=\s*\())|)`,
  ].join("|"),
  "g",
);

/** The names in an expression that are neither fields nor functions: its variables, and those of its macros. */
export function variablesIn(expression: string): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { groups = {} } of expression.matchAll(WORD)) {
    if (groups["name"] && groups["dot"] === undefined && groups["call"] === undefined)
      found.add(groups["name"]);
  }
  return found;
}

const OURS = "outrider_";

/** Leads calls of these functions to `ours` of the same name, which is what the library's registry cannot do. */
export function led(expression: string, functions: ReadonlySet<string>): string {
  return expression.replace(WORD, (whole: string, ...rest: unknown[]) => {
    const { dot = "", name, call } = rest.at(-1) as Record<string, string | undefined>;
    return call === undefined || !name || !functions.has(name) ? whole : `${dot}${ours(name)}`;
  });
}

/** What a function of ours is called inside. */
export const ours = (name: string): string => `${OURS}${name}`;

/** A message in the words of who wrote the expression. */
export const unled = (message: string): string => message.replaceAll(OURS, "");
