import { toBytes } from "./bytes.ts";
import type { ExactTable } from "./exact-table.ts";
import { Beginnings } from "./hash.ts";
import type { RegexIndex, RegexRule } from "./regex-index.ts";
import type { RuleSet } from "./rules.ts";

/** A redirect that was found. */
export interface Match {
  /** The rule's number in the rule set. */
  readonly index: number;
  /** Where to, with captured texts filled in; a byte text. */
  readonly target: string;
}

/** What a matcher is made of; `buildMatcher` prepares it. */
export interface MatcherParts {
  readonly rules: RuleSet;
  readonly exactHost: ExactTable;
  readonly exact: ExactTable;
  readonly regexHost: RegexIndex;
  readonly regex: RegexIndex;
}

/**
 * Finds the redirect for a request: an exact rule for host and path, an exact rule for the path, a pattern over host
 * and path, a pattern over the path. A decision takes one pass over the request and a few looks into tables, however
 * many rules there are, and leaves no garbage on a miss.
 */
export class Matcher {
  readonly parts: MatcherParts;
  readonly #joined = new Beginnings();
  readonly #alone = new Beginnings();

  constructor(parts: MatcherParts) {
    this.parts = parts;
  }

  /** Byte texts: the host as the request has it, and its path with query. */
  match(host: string, uri: string): Match | undefined {
    const { exactHost, exact, regexHost, regex } = this.parts;
    const joined = this.#joined;
    const byHost = exactHost.size > 0 || regexHost.size > 0;
    if (byHost) joined.read(host, uri);
    const hostExact = byHost ? exactHost.get(host, uri, joined) : -1;
    if (hostExact >= 0) return this.#verbatim(hostExact);
    const alone = this.#alone;
    alone.read("", uri);
    const found = exact.get("", uri, alone);
    if (found >= 0) return this.#verbatim(found);
    const hit = (byHost && regexHost.match(host, uri, joined)) || regex.match("", uri, alone);
    if (!hit) return undefined;
    return { index: hit.rule.index, target: hit.rule.target.fill(hit.groups) };
  }

  /** The regex rules that would be tried for a request, in order. */
  candidates(host: string, uri: string): { host: RegexRule[]; path: RegexRule[] } {
    const { regexHost, regex } = this.parts;
    this.#joined.read(host, uri);
    this.#alone.read("", uri);
    return {
      host: regexHost.size > 0 ? regexHost.candidates(host, uri, this.#joined) : [],
      path: regex.size > 0 ? regex.candidates("", uri, this.#alone) : [],
    };
  }

  #verbatim(index: number): Match {
    return { index, target: toBytes(this.parts.rules.targets[index]!) };
  }
}
