import { RE2JS } from "re2js";
import { anchored } from "./anchor.ts";
import { headsOf } from "./heads.ts";
import type { Node } from "./node.ts";
import { parsePattern } from "./parse.ts";
import { isHarmless } from "./proof.ts";
import { runStraight, type Step, straightSteps } from "./straight.ts";
import { toRe2Source } from "./to-re2.ts";
import { toRegExpSource } from "./to-regexp.ts";

/** How a pattern is run on plain text: read straight through, by V8 (proven harmless), or by the linear engine. */
export type Engine = "straight" | "v8" | "linear";

/** The verdicts on patterns by the source that V8 would get; rules come in few shapes. */
const harmless = new Map<string, boolean>();
/** So many verdicts are remembered. */
const MOST_REMEMBERED = 10_000;

/**
 * A compiled pattern. It searches, as Go's `FindStringSubmatch` does, and takes time in proportion to the text,
 * whatever the pattern and the text are.
 */
export class Pattern {
  readonly source: string;
  /** How many groups capture. */
  readonly groups: number;
  readonly engine: Engine;
  /** Literal beginnings of which a matching plain text has one, or undefined if the pattern is not bound to the start. */
  readonly heads: readonly string[] | undefined;
  readonly #steps: readonly Step[] | undefined;
  #regexp: RegExp | string | undefined;
  #linear: RE2JS | undefined;

  /** Throws PatternProblem with Go's words if the source does not compile. */
  constructor(source: string) {
    const { node, groups } = parsePattern(source);
    this.source = source;
    this.groups = groups;
    this.heads = headsOf(node);
    const plain = anchored(node);
    this.#steps = straightSteps(plain);
    this.#regexp = this.#steps ? undefined : provenSource(plain);
    this.engine = this.#steps ? "straight" : this.#regexp === undefined ? "linear" : "v8";
    // It will be needed, and should it not compile, then now.
    if (this.engine === "linear") this.#linear = RE2JS.compile(toRe2Source(node));
  }

  /**
   * Searches a text of one character for each byte of UTF-8.
   * @param plain whether the text is printable ASCII throughout
   * @returns the groups' texts from index 1 on (empty for one that took no part), or undefined without a match
   */
  exec(text: string, plain: boolean): readonly string[] | undefined {
    if (!plain || this.engine === "linear") return this.#execLinear(text);
    if (this.#steps) return runStraight(this.#steps, this.groups, text);
    if (typeof this.#regexp === "string") this.#regexp = new RegExp(this.#regexp);
    const found = (this.#regexp as RegExp).exec(text);
    return found === null ? undefined : found.map((group) => group ?? "");
  }

  #execLinear(text: string): readonly string[] | undefined {
    // The tree is not kept: most patterns never see a text that is not plain.
    this.#linear ??= RE2JS.compile(toRe2Source(parsePattern(this.source).node));
    const matcher = this.#linear.matcher(Buffer.from(text, "latin1"));
    if (!matcher.find()) return undefined;
    return Array.from({ length: this.groups + 1 }, (_, group) => {
      const start = matcher.start(group);
      return start < 0 ? "" : text.slice(start, matcher.end(group));
    });
  }
}

/** The source for V8, if V8 can be trusted with it. */
function provenSource(node: Node): string | undefined {
  const source = toRegExpSource(node);
  if (source === undefined) return undefined;
  const shape = withoutHead(node);
  const key = shape === node ? source : (toRegExpSource(shape) ?? source);
  let verdict = harmless.get(key);
  if (verdict === undefined) {
    verdict = isHarmless(shape);
    if (harmless.size < MOST_REMEMBERED) harmless.set(key, verdict);
  }
  return verdict ? source : undefined;
}

/** A literal beginning has one way through and changes no verdict, so rules that differ in it alone share theirs. */
function withoutHead(node: Node): Node {
  if (node.op !== "concat" || node.subs[0]?.op !== "begin-text" || node.subs[1]?.op !== "literal")
    return node;
  return { op: "concat", subs: [node.subs[0], ...node.subs.slice(2)] };
}
