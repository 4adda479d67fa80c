import { RE2JS } from "re2js";
import { takeApart } from "./anchor.ts";
import { headsOf } from "./heads.ts";
import { parsePattern } from "./parse.ts";
import { type Runner, run, runnerFor } from "./runner.ts";
import { toRe2Source } from "./to-re2.ts";

/** How a pattern is run on plain text: read straight through, by V8 (proven harmless), or by the linear engine. */
export type Engine = Runner["engine"];

/**
 * A compiled pattern. It searches, as Go's `FindStringSubmatch` does, and takes time in proportion to the text,
 * whatever the pattern and the text are.
 */
export class Pattern {
  readonly source: string;
  /** How many groups capture. */
  readonly groups: number;
  /** Literal beginnings of which a matching plain text has one, or undefined if the pattern is not bound to the start. */
  readonly heads: readonly string[] | undefined;
  readonly #head: string;
  readonly #runner: Runner;
  #linear: RE2JS | undefined;

  /** Throws PatternProblem with Go's words if the source does not compile. */
  constructor(source: string) {
    const { node, groups } = parsePattern(source);
    const { anchored, head, rest } = takeApart(node);
    this.source = source;
    this.groups = groups;
    this.heads = headsOf(node);
    this.#head = head;
    this.#runner = runnerFor(rest, anchored);
    // It will be needed, and should it not compile, then now.
    if (this.engine === "linear") this.#linear = RE2JS.compile(toRe2Source(node));
  }

  get engine(): Engine {
    return this.#runner.engine;
  }

  /**
   * Searches a text of one character for each byte of UTF-8.
   * @param plain whether the text is printable ASCII throughout
   * @returns the groups' texts from index 1 on (empty for one that took no part), or undefined without a match
   */
  exec(text: string, plain: boolean): readonly string[] | undefined {
    if (plain && !text.startsWith(this.#head)) return undefined;
    return plain ? this.execBehindHead(text) : this.#execLinear(text);
  }

  /** As `exec` for a plain text of which it is known that it begins with one of `heads`. */
  execBehindHead(text: string): readonly string[] | undefined {
    if (this.#runner.engine === "linear") return this.#execLinear(text);
    return run(this.#runner, this.groups, text, this.#head.length);
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
