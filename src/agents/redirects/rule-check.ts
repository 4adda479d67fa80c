import { toBytes, toText } from "./bytes.ts";
import type { Finding } from "./finding.ts";
import { leadsAstray } from "./guard.ts";
import type { Layer } from "./layer.ts";
import { followRedirect } from "./redirect-chain.ts";
import { exampleOf } from "./regex/example.ts";
import { peerGate } from "./regex/gate.ts";
import { parsePattern } from "./regex/parse.ts";
import { PatternProblem } from "./regex/problem.ts";
import { readTarget } from "./request-uri.ts";
import type { Rule } from "./rules.ts";

const TYPES = ["BASIC", "BASIC_HOST", "REGEX", "REGEX_HOST"];
/** What nobody should be able to smuggle into a target. */
const ELSEWHERE = [
  "//elsewhere.example/x",
  "/elsewhere.example/x",
  "https://elsewhere.example/x",
  "\\elsewhere.example/x",
  ".elsewhere.example/x",
  "@elsewhere.example/x",
];

type Found = [Finding["kind"], string];

/** Tries a rule on an example of its own. */
export class RuleCheck {
  readonly #layer: Layer;
  readonly #index: number;
  readonly #rule: Rule;
  readonly #matching: "flecto" | "fixed";

  constructor(layer: Layer, index: number, matching: "flecto" | "fixed") {
    this.#layer = layer;
    this.#index = index;
    this.#rule = layer.rules.at(index);
    this.#matching = matching;
  }

  findings(): Found[] {
    const { rules, matcher } = this.#layer;
    if (!TYPES.includes(this.#rule.type)) return [["dead", `there is no type ${this.#rule.type}`]];
    // A rule whose time has not come, or is over, says nothing.
    if (!rules.holds(this.#index, Date.now())) return [];
    const request = this.#request();
    if (!request) return [];
    const { host, uri } = request;
    const match = matcher.match(host, uri);
    if (!match) return [["dead", this.#whyDead(this.#byHost ? host + uri : uri)]];
    if (match.index !== this.#index) return [this.#shadowed(match.index, host, uri)];
    const arrives = this.#exact ? readTarget(uri)?.uri : uri;
    if (arrives !== uri) return [["dead", `no request looks like ${toText(uri)}: it ${arrivalOf(arrives)}`]];
    const chain = followRedirect(this.#layer, { host, known: this.#byHost }, match.target);
    return [...(chain ? [chain] : []), ...this.#astray()];
  }

  get #byHost(): boolean {
    return this.#rule.type.endsWith("_HOST");
  }

  get #exact(): boolean {
    return this.#rule.type.startsWith("BASIC");
  }

  /** A request that the rule should match. */
  #request(): { host: string; uri: string } | undefined {
    const text = this.#exact ? toBytes(this.#rule.source) : this.#example();
    if (text === undefined) return undefined;
    const slash = text.indexOf("/");
    if (this.#byHost) return slash < 0 ? undefined : { host: text.slice(0, slash), uri: text.slice(slash) };
    // Every request begins with a slash, also for a pattern that does not ask for one.
    const rooted = this.#exact || slash === 0 ? text : `/${text}`;
    return { host: "example.com", uri: rooted };
  }

  #example(fill?: string): string | undefined {
    try {
      return exampleOf(parsePattern(this.#rule.source).node, fill);
    } catch (error) {
      if (error instanceof PatternProblem) return undefined;
      throw error;
    }
  }

  #whyDead(example: string): string {
    const gate = this.#matching === "flecto" && !this.#exact ? toBytes(peerGate(this.#rule.source)) : "";
    if (example.startsWith(gate)) return `it never matches, not even ${toText(example)}`;
    return `only requests that begin with ${toText(gate)} are tried, but it wants, say, ${toText(example)}; write (?:…) for the group, or use matching: fixed`;
  }

  #shadowed(by: number, host: string, uri: string): Found {
    const other = this.#layer.rules.at(by);
    return [
      "shadowed",
      `${toText(host + uri)} goes to the ${other.type} rule ${other.source}, which comes first`,
    ];
  }

  /** Whether captured text can lead to another host. */
  #astray(): Found[] {
    const { type, target } = this.#rule;
    if (!type.startsWith("REGEX") || !target.includes("$1")) return [];
    for (const text of ELSEWHERE) {
      const example = this.#example(text);
      const match = example === undefined ? undefined : this.#matchOf(example);
      if (match?.index !== this.#index || !leadsAstray(toBytes(target), match.target)) continue;
      return [
        ["open-redirect", `${example} leads to ${match.target}; switch on \`guard\`, or narrow the group`],
      ];
    }
    return [];
  }

  #matchOf(example: string) {
    if (this.#rule.type === "REGEX") return this.#layer.matcher.match("example.com", example);
    const slash = example.indexOf("/");
    return slash < 0 ? undefined : this.#layer.matcher.match(example.slice(0, slash), example.slice(slash));
  }
}

function arrivalOf(uri: string | undefined): string {
  return uri === undefined ? "is refused with 400" : `arrives as ${uri}`;
}
