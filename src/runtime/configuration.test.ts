import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { folder } from "../../test/tools/folder.ts";
import { kinds as parrots } from "../../test/tools/parrot.ts";
import { Tidy } from "../../test/tools/tidy.ts";
import type { Adapter, AgentKind } from "../core/agent.ts";
import { adaptFrom } from "./adaption.ts";
import { findConfiguration, yamlOf } from "./configuration.ts";

const tidy = new Tidy();

/** The peer of the parrot: one variable, or a file with a list of words. */
const macaw: Adapter = {
  name: "macaw",
  summary: "the variable MACAW_SAYS",
  detect: (env) => env["MACAW_SAYS"] !== undefined,
  adapt: ({ document, env }) => {
    const words = (document as { words?: string[] } | undefined)?.words ?? [env["MACAW_SAYS"] ?? "squawk"];
    return {
      title: "macaw",
      agents: Object.fromEntries(words.map((says, index) => [`macaw-${index}`, { kind: "parrot", says }])),
      notes: [{ at: "words", message: "feathers are not carried over" }],
    };
  },
};
const kinds: readonly AgentKind[] = parrots.map((kind) => ({ ...kind, adapters: [macaw] }));
const find = (env: Record<string, string> = {}, wanted: { config?: string; from?: string } = {}) =>
  findConfiguration({ env, kinds, ...wanted });

const cwd = process.cwd();
let here: string;
beforeEach(async () => {
  here = await folder(tidy);
  process.chdir(here);
});
afterEach(() => process.chdir(cwd));

const own = "agents:\n  own: { kind: parrot }";
const names = (found: ReturnType<typeof find>) => [...found.load().agents.keys()];

describe("finding a configuration", () => {
  it("takes the one that is named before the variable, that before the usual places, those before a peer's variables", () => {
    const env = { MACAW_SAYS: "hi" };
    expect(find(env).what).toBe("the variable MACAW_SAYS");
    writeFileSync("outrider.yaml", own);
    expect(find(env).what).toBe("outrider.yaml");
    writeFileSync("other.yaml", own.replace("own", "other"));
    expect(names(find({ ...env, OUTRIDER_CONFIG: "other.yaml" }))).toEqual(["other"]);
    expect(names(find({ OUTRIDER_CONFIG: "other.yaml" }, { config: "outrider.yaml" }))).toEqual(["own"]);
  });

  it("says what to do where there is none", () => {
    expect(() => find()).toThrow(
      expect.objectContaining({
        code: "config_unreadable",
        remedy: expect.stringContaining("outrider demo"),
      }),
    );
  });

  it("does not fall back when the one that is named is missing", () => {
    writeFileSync("outrider.yaml", own);
    expect(() => find({}, { config: "nowhere.yaml" }).load()).toThrow(
      expect.objectContaining({ code: "config_unreadable" }),
    );
  });

  it("is read anew at each load", () => {
    writeFileSync("outrider.yaml", own);
    const found = find();
    expect(names(found)).toEqual(["own"]);
    writeFileSync("outrider.yaml", own.replace("own", "new"));
    expect(names(found)).toEqual(["new"]);
  });
});

describe("another agent's configuration", () => {
  it("runs as it is, with its title and notes, and opens no port of ours", () => {
    writeFileSync("macaw.json", '{ "words": ["a", "${b}"] }');
    const found = find({ b: "B" }, { from: "macaw", config: "macaw.json" });
    expect([found.title, found.notes.length, found.load().admin]).toEqual(["macaw", 1, false]);
    expect([...found.load().agents.values()].map(({ config }) => config["says"])).toEqual(["a", "${b}"]);
  });

  it("is found by its variables alone, and references in them are texts", () => {
    const found = find({ MACAW_SAYS: "${HOME} sweet" });
    expect(found.load().agents.get("macaw-0")?.config["says"]).toBe("${HOME} sweet");
  });

  it("is refused with its own places", () => {
    writeFileSync("macaw.json", '{ "words": [');
    expect(() => find({}, { from: "macaw", config: "macaw.json" })).toThrow(/^macaw\.json:1:/);
    expect(() => find({}, { from: "macaw", config: "nowhere.json" })).toThrow("cannot read nowhere.json");
    expect(() => find({}, { from: "maccaw" })).toThrow(
      'there is no adapter "maccaw" — did you mean "macaw"?',
    );
  });

  it("is written down as ours, and means the same when it is read again", () => {
    const adapted = adaptFrom(macaw, undefined, { MACAW_SAYS: "it's: ${odd} #1\n" });
    writeFileSync("outrider.yaml", yamlOf(adapted));
    expect(find().load().agents.get("macaw-0")?.config["says"]).toBe("it's: ${odd} #1\n");
  });
});

describe("a folder", () => {
  it("can be named like a file", () => {
    writeFileSync(join(here, "a.yaml"), own);
    expect(names(find({}, { config: here }))).toEqual(["own"]);
  });
});
