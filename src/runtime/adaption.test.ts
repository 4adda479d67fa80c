import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { folder } from "../../test/tools/folder.ts";
import { kinds as parrots } from "../../test/tools/parrot.ts";
import { Tidy } from "../../test/tools/tidy.ts";
import type { Adapter, AgentKind } from "../core/agent.ts";
import { adaptAll, adaptFrom, peersOf } from "./adaption.ts";

const tidy = new Tidy();

/** A peer whose file lists words, and whose variable may say one more. */
function bird(name: string): Adapter {
  return {
    name,
    summary: `the variable ${name.toUpperCase()}_SAYS`,
    adapt: ({ document, env }) => {
      const words = (document as { words?: string[] } | undefined)?.words ?? [];
      const said = env[`${name.toUpperCase()}_SAYS`];
      const notes = words.flatMap((_, i) => [
        { at: `$.words[${i}]`, message: "is squawked" },
        { at: `$.words[${i}]`, message: "is squawked" },
      ]);
      return {
        title: name,
        agents: Object.fromEntries(
          [...words, said ?? "squawk"].map((word) => [word, { kind: "parrot", says: word }]),
        ),
        notes: [
          { at: "BIRD", message: "has no cage" },
          ...notes.reverse(),
          { at: "$", message: "is a list" },
        ],
      };
    },
  };
}

const kinds: readonly AgentKind[] = parrots.map((kind, i) =>
  i === 0 ? { ...kind, adapters: [bird("macaw"), bird("lory")] } : kind,
);

let home: string;
beforeEach(async () => (home = await folder(tidy)));

/** A file in the test's folder. */
function file(name: string, text: string): string {
  writeFileSync(join(home, name), text);
  return join(home, name);
}

const all = (...words: string[]) => adaptAll(peersOf(kinds, words), {});
const notesOf = ({ notes }: ReturnType<typeof all>) => notes.map(({ at, message }) => `${at}: ${message}`);

describe("words on the command line", () => {
  it("are peers, each followed by its files", () => {
    const peers = peersOf(kinds, ["macaw", "a.json", "lory", "macaw", "b.json", "./lory"]);
    expect(peers.map(({ adapter, file: named }) => [adapter.name, named])).toEqual([
      ["macaw", "a.json"],
      ["lory", undefined],
      ["macaw", "b.json"],
      ["macaw", "./lory"],
    ]);
    expect(() => peersOf(kinds, ["makaw", "a.json"])).toThrow(
      'there is no adapter "makaw" — did you mean "macaw"?',
    );
  });
});

describe("notes", () => {
  it("are told once, in the order of the places that they are about", () => {
    const path = file("m.json", '{\n "other": 1,\n "words": ["a",\n "b"]\n}');
    expect(notesOf(adaptFrom(bird("macaw"), path, {}) as ReturnType<typeof all>)).toEqual([
      "$: is a list",
      "$.words[0]: is squawked",
      "$.words[1]: is squawked",
      "BIRD: has no cage",
    ]);
  });
});

describe("a file of variables", () => {
  it("stands in for the environment, of that peer alone", () => {
    const path = file("m.env", "MACAW_SAYS=hello\nLORY_SAYS=no");
    const { agents } = adaptAll(peersOf(kinds, ["macaw", path, "lory"]), {
      LORY_SAYS: "yes",
      MACAW_SAYS: "x",
    });
    expect(Object.keys(agents)).toEqual(["hello", "yes"]);
  });

  it("is refused with its place", () => {
    const path = file("m.env", "A=1\nnonsense");
    expect(() => all("macaw", path)).toThrow(`${path}:2:1  expected NAME=value`);
  });
});

describe("several peers", () => {
  it("become one: nothing is lost, names are told apart, and each note says whose it is", () => {
    const one = file("m.json", '{"words": ["a", "b"]}');
    const two = file("l.json", '{"words": ["b", "macaw-x"]}');
    const both = all("macaw", one, "lory", two, "lory");
    expect(both.agents).toEqual({
      ...{ a: { kind: "parrot", says: "a" }, b: { kind: "parrot", says: "b" } },
      squawk: { kind: "parrot", says: "squawk" },
      "lory-b": { kind: "parrot", says: "b" },
      "macaw-x": { kind: "parrot", says: "macaw-x" },
      "lory-squawk": { kind: "parrot", says: "squawk" },
      "lory-squawk-2": { kind: "parrot", says: "squawk" },
    });
    expect([both.title, both.instance]).toEqual(["macaw", "macaw+lory"]);
    expect(notesOf(both)).toEqual([
      ...[`${one} $: is a list`, `${one} $.words[0]: is squawked`, `${one} $.words[1]: is squawked`],
      `${one} BIRD: has no cage`,
      ...[`${two} $: is a list`, `${two} $.words[0]: is squawked`, `${two} $.words[1]: is squawked`],
      `${two} BIRD: has no cage`,
      `${two} b: is called lory-b here, as another agent has that name`,
      `${two} squawk: is called lory-squawk here, as another agent has that name`,
      ...["lory BIRD: has no cage", "lory $: is a list"],
      "lory squawk: is called lory-squawk-2 here, as another agent has that name",
    ]);
  });

  it("are refused with the mistakes of all", () => {
    const broken = file("m.json", '{"words": [');
    const message = (() => {
      try {
        return String(all("macaw", broken, "lory", join(home, "nowhere.json")));
      } catch (error) {
        return (error as Error).message;
      }
    })();
    expect(message).toContain(`${broken}:1:`);
    expect(message).toContain("cannot read");
  });
});
