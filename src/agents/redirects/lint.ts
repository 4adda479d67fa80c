import { setImmediate } from "node:timers/promises";
import { toBytes } from "./bytes.ts";
import { leadsAstray } from "./guard.ts";
import type { Layer } from "./layer.ts";
import { resolveTarget } from "./location.ts";
import { exampleOf } from "./regex/example.ts";
import { peerGate } from "./regex/gate.ts";
import { parsePattern } from "./regex/parse.ts";
import { PatternProblem } from "./regex/problem.ts";
import type { Rule } from "./rules.ts";

/** Something about a rule that its author should know. */
export interface Finding {
  readonly kind: "broken" | "dead" | "shadowed" | "loop" | "chain" | "open-redirect";
  readonly rule: { readonly type: string; readonly source: string; readonly target: string };
  readonly message: string;
}

/** So many findings are listed; all are counted. */
const MOST_LISTED = 1_000;
/** A chain longer than this counts as a loop. */
const LONGEST_CHAIN = 10;
/** What nobody should be able to smuggle into a target. */
const ELSEWHERE = [
  "//elsewhere.example/x",
  "/elsewhere.example/x",
  "https://elsewhere.example/x",
  "\\elsewhere.example/x",
];

export interface LintReport {
  readonly rules: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly findings: readonly Finding[];
}

/** Tries every rule of a layer on an example of its own, in slices, so that requests go on being answered. */
export async function lint(layer: Layer, matching: "flecto" | "fixed"): Promise<LintReport> {
  const counts: Record<string, number> = {};
  const findings: Finding[] = [];
  for (const { index, problem } of layer.bad) note(index, "broken", problem.message);
  for (let index = 0; index < layer.rules.length; index++) {
    if ((index & 0x3ff) === 0x3ff) await setImmediate();
    const found = new RuleCheck(layer, index, matching).findings();
    for (const [kind, message] of found) note(index, kind, message);
  }
  return { rules: layer.rules.length, counts, findings };

  function note(index: number, kind: Finding["kind"], message: string): void {
    counts[kind] = (counts[kind] ?? 0) + 1;
    const { type, source, target } = layer.rules.at(index);
    if (findings.length < MOST_LISTED) findings.push({ kind, rule: { type, source, target }, message });
  }
}

type Found = [Finding["kind"], string];

class RuleCheck {
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
    const request = this.#request();
    if (!request) return [];
    const { host, uri } = request;
    const match = this.#layer.matcher.match(host, uri);
    if (!match) return [["dead", this.#whyDead(host + uri)]];
    if (match.index !== this.#index) return [this.#shadowed(match.index, host, uri)];
    return [...this.#follow(host, match.target), ...this.#astray()];
  }

  /** A request that the rule should match. */
  #request(): { host: string; uri: string } | undefined {
    const { type, source } = this.#rule;
    if (type === "BASIC") return { host: "example.com", uri: toBytes(source) };
    const text = type === "BASIC_HOST" ? toBytes(source) : this.#example();
    if (text === undefined) return undefined;
    const slash = text.indexOf("/");
    if (type === "REGEX") return { host: "example.com", uri: text };
    return slash < 0 ? undefined : { host: text.slice(0, slash), uri: text.slice(slash) };
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
    const gate = this.#matching === "flecto" ? toBytes(peerGate(this.#rule.source)) : "";
    if (example.startsWith(gate)) return `it never matches, not even ${example}`;
    return `only requests that begin with ${gate} are tried, but it wants, say, ${example}; write (?:…) for the group, or use matching: fixed`;
  }

  #shadowed(by: number, host: string, uri: string): Found {
    const other = this.#layer.rules.at(by);
    return ["shadowed", `${host}${uri} goes to the ${other.type} rule ${other.source}, which comes first`];
  }

  /** Follows the redirect through the same rules. */
  #follow(host: string, target: string): Found[] {
    const seen = [target];
    let at = { host, target };
    for (let hops = 1; hops <= LONGEST_CHAIN; hops++) {
      const request = asRequest(at.host, at.target);
      const next = request && this.#layer.matcher.match(request.host, request.uri);
      if (!request || !next)
        return hops > 1 ? [["chain", `it takes ${hops} redirects: ${seen.join(" → ")}`]] : [];
      if (seen.includes(next.target))
        return [["loop", `it comes back to itself: ${[...seen, next.target].join(" → ")}`]];
      seen.push(next.target);
      at = { host: request.host, target: next.target };
    }
    return [["loop", `it takes more than ${LONGEST_CHAIN} redirects: ${seen.join(" → ")}`]];
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

/** Where a target leads, as the next request; undefined if it leads where we cannot know. */
function asRequest(host: string, target: string): { host: string; uri: string } | undefined {
  const absolute = /^https?:\/\/([^/?#]+)([^#]*)/i.exec(target);
  if (absolute)
    return { host: absolute[1]!, uri: absolute[2]!.startsWith("/") ? absolute[2]! : `/${absolute[2]}` };
  if (!target.startsWith("/") || target.startsWith("//")) return undefined;
  return { host, uri: resolveTarget(target, () => "/") };
}
