import { RejectedProblem } from "../../../core/problems.ts";

/** Go's words for what can be wrong with a pattern. */
export const wrong = {
  characterRange: "invalid character class range",
  escape: "invalid escape sequence",
  namedCapture: "invalid named capture",
  perl: "invalid or unsupported Perl syntax",
  repeatOperator: "invalid nested repetition operator",
  repeatCount: "invalid repeat count",
  bracket: "missing closing ]",
  parenthesis: "missing closing )",
  repeatArgument: "missing argument to repetition operator",
  backslash: "trailing backslash at end of expression",
  unexpectedParenthesis: "unexpected )",
  nesting: "expression nests too deeply",
  large: "expression too large",
} as const;

/** A pattern that does not compile; the message is the one Go gives, because it is reported to the Manager. */
export class PatternProblem extends RejectedProblem {
  constructor(what: keyof typeof wrong, where: string) {
    super("data_refused", `error parsing regexp: ${wrong[what]}: \`${where}\``);
  }
}
