import { describe, expect, it } from "vitest";
import { kinds } from "../../test/tools/parrot.ts";
import { loadConfig } from "../config/load.ts";
import { ConfigProblem } from "../core/problems.ts";
import { plansOf } from "./plan.ts";

const load = (text: string) => loadConfig([{ file: "o.yaml", text }], kinds, {});
const plans = (text: string) => plansOf(load(text), () => ({ run: async () => {} }));

function mistakes(text: string): string[] {
  try {
    plans(text);
  } catch (error) {
    if (error instanceof ConfigProblem) return error.message.split("\n");
    throw error;
  }
  return [];
}

describe("addresses", () => {
  it("must not be claimed twice", () => {
    const text = [
      "agents:",
      "  one: { kind: parrot, listen: 127.0.0.1:8080 }",
      "  two: { kind: parrot, listen: 127.0.0.1:8080 }",
      "  all: { kind: parrot, listen: :8080 }",
      "  api: { kind: parrot, listen: 127.0.0.1:9900 }",
    ].join("\n");
    expect(mistakes(text)).toEqual([
      "o.yaml:3:32  agents.two.listen: 127.0.0.1:8080 is claimed by agents.one at o.yaml:2:32, choose another address or different hosts",
      "o.yaml:4:32  agents.all.listen: :8080 is claimed by agents.one at o.yaml:2:32, choose another address or different hosts",
      expect.stringMatching(
        /^o\.yaml:5:32 {2}agents\.api\.listen: 127\.0\.0\.1:9900 is claimed by the admin API at /,
      ),
    ]);
  });

  it("may be shared where hosts differ, and free ports always", () => {
    const shared = (one: string, two: string) =>
      mistakes(
        `admin: false\nagents:\n  one: { kind: parrot, listen: :80, ${one} }\n  two: { kind: parrot, listen: :80, ${two} }`,
      ).length;
    expect(shared("hosts: [a]", "hosts: [b]")).toBe(0);
    expect(shared("hosts: [a]", "says: x")).toBe(0);
    expect(shared("hosts: [a, b]", "hosts: [b]")).toBe(1);
    expect(shared("says: x", "says: y")).toBe(1);
    const free = "agents:\n  one: { kind: parrot, listen: :0 }\n  two: { kind: parrot, listen: :0 }";
    expect(mistakes(free)).toEqual([]);
    expect(plans(free)[0]?.claims).toEqual([]);
  });
});

describe("agents that look at others", () => {
  it("must look at some that exist, and not at themselves", () => {
    const text =
      "agents:\n  web-1: { kind: parrot, looks_at: [web-2, web-1, nobody] }\n  web-22: { kind: parrot }";
    expect(mistakes(text)).toEqual([
      'o.yaml:2:3  agents.web-1: there is no agent "web-2" — did you mean "web-1"?',
      "o.yaml:2:3  agents.web-1: looks at itself, name another agent",
      'o.yaml:2:3  agents.web-1: there is no agent "nobody" (known: web-1, web-22)',
    ]);
    expect(plans("agents:\n  a: { kind: parrot, looks_at: [b] }\n  b: { kind: parrot }")[0]?.watches).toEqual(
      ["b"],
    );
  });
});

describe("plans", () => {
  const [before] = plans("agents:\n  a: { kind: parrot, pattern: one, token: secret, grace: 5s }");
  const same = (line: string, head = "") =>
    plans(`${head}agents:\n  a: { kind: parrot, ${line} }`)[0]?.fingerprint === before?.fingerprint;

  it("differ when the agent's configuration does, be it in a secret or a pattern", () => {
    expect(same("pattern: one, token: secret, grace: 5s")).toBe(true);
    expect(same("pattern: two, token: secret, grace: 5s")).toBe(false);
    expect(same("pattern: one, token: other, grace: 5s")).toBe(false);
    expect(same("pattern: one, token: secret, grace: 6s")).toBe(false);
    expect(same("pattern: one, token: secret, grace: 5s, says: x")).toBe(false);
  });

  it("do not differ for what is not about the agent itself", () => {
    expect(same("pattern: one, token: secret, grace: 5s, required: false")).toBe(true);
    expect(same("pattern: one, token: secret, grace: 5s", "grace: 1m\n")).toBe(true);
  });

  it("take the global grace unless they have one of their own", () => {
    const graces = plans("grace: 7s\nagents:\n  a: { kind: parrot }\n  b: { kind: parrot, grace: 1s }");
    expect(graces.map(({ grace }) => grace)).toEqual([7_000, 1_000]);
  });

  it("do not show a secret in their fingerprint", () => {
    expect(JSON.stringify(before)).not.toContain("secret");
  });
});
