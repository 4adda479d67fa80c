import fc from "fast-check";

/** Random patterns of the sort that people write for URLs, and some that nobody should. */
const atom = fc.constantFrom(
  "a",
  "b",
  "/",
  "0",
  "-",
  "\\.",
  ".",
  "[ab]",
  "[^/]",
  "[0-9]",
  "\\d",
  "\\w",
  "\\s",
  "[[:alpha:]]",
  "k",
  "(?:)",
  "^",
  "$",
  "\\b",
  "\\B",
  "(?i)",
  "[Aa]",
  "\\A",
  "\\z",
);
const quantifier = fc.constantFrom(
  "",
  "",
  "",
  "",
  "*",
  "+",
  "?",
  "*?",
  "+?",
  "??",
  "{2}",
  "{0,2}",
  "{1,}",
  "{2,3}?",
);

const { pattern } = fc.letrec<{ pattern: string; piece: string }>((tie) => ({
  piece: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.tuple(atom, quantifier).map(([a, q]) => (/^(\(\?i\))$/.test(a) ? a : a + q)),
    fc
      .tuple(fc.constantFrom("(", "(?:", "(?i:", "(?P<n>"), tie("pattern"), quantifier)
      .map(([open, inner, q]) => `${open}${inner})${q}`),
    fc.tuple(tie("pattern"), tie("pattern")).map(([a, b]) => `(?:${a}|${b})`),
  ),
  pattern: fc.array(tie("piece"), { minLength: 1, maxLength: 4 }).map((pieces) => pieces.join("")),
}));

/** A name may stand only once in the reference engine, so each gets its own. */
export const anyPattern: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom("^/", "^", "", "(?i)^/", "^/a/"), pattern)
  .map(([start, rest]) => {
    let names = 0;
    return (start + rest).replaceAll("(?P<n>", () => `(?P<n${names++}>`);
  });

/** Short texts of the characters that such patterns talk about; sometimes beyond plain ASCII. One character per byte. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ maxLength: 12, unit: fc.constantFrom(..."aabbAB//00-.kK") }).map((text) => `/${text}`),
  fc
    .string({ maxLength: 8, unit: fc.constantFrom("a", "/", "é", "\u212a", "\n", "k", " ") })
    .map((text) => Buffer.from(text).toString("latin1")),
  fc.string({ maxLength: 6, unit: fc.constantFrom("a", "/", "\xff", "\x80", "\xc3") }),
);
