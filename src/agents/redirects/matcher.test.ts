import { describe, expect, it } from "vitest";
import { vectors } from "../../../test/tools/vectors.ts";
import { buildMatcher } from "./build.ts";
import { toBytes, toText } from "./bytes.ts";
import { peerGate } from "./regex/gate.ts";
import { codeOf, RuleSet } from "./rules.ts";

interface RedirectVector {
  readonly id: string;
  readonly title: string;
  readonly redirects: readonly { type: string; source: string; target: string; status: string }[];
  readonly host: string;
  readonly uri: string;
  readonly expect: {
    matched?: boolean;
    rule?: number;
    target?: string;
    http_code?: number;
    insert_error?: boolean;
  };
  readonly gates?: Readonly<Record<string, string>>;
  readonly observed_only?: boolean;
  readonly stable_rule?: number;
}

async function matcherFor(redirects: RedirectVector["redirects"]) {
  const rules = RuleSet.of(redirects.map((rule) => ({ ...rule, code: codeOf(rule.status) })));
  const { matcher } = await buildMatcher(rules, { matching: "flecto", onBadRule: "refuse", now: 0 });
  return { matcher, rules };
}

describe("redirects match as the peer's do", () => {
  const { vectors: recorded } = vectors<{ vectors: RedirectVector[] }>("flecto-redirects.json");

  it.each(recorded.map((vector) => [vector.id, vector.title, vector] as const))(
    "%s %s",
    async (_id, _title, vector) => {
      for (const [source, gate] of Object.entries(vector.gates ?? {})) expect(peerGate(source)).toBe(gate);
      if (!("matched" in vector.expect)) {
        await expect(matcherFor(vector.redirects)).rejects.toThrow(/^error parsing regexp: /);
        return;
      }
      const { matcher, rules } = await matcherFor(vector.redirects);
      const found = matcher.match(toBytes(vector.host), toBytes(vector.uri));
      expect(found !== undefined).toBe(vector.expect.matched);
      if (!found) return;
      // Where the peer's sort is not stable, the recording says what a stable one gives.
      expect(found.index).toBe(vector.stable_rule ?? vector.expect.rule);
      if (vector.observed_only) return;
      expect(toText(found.target)).toBe(vector.expect.target);
      expect(rules.codes[found.index]).toBe(vector.expect.http_code);
    },
  );
});
