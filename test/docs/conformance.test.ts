import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..", "..");
const lines = readFileSync(join(ROOT, "docs/conformance.md"), "utf8").split("\n");
const points = (mark: string) => lines.filter((line) => line.startsWith(`- [${mark}] `));

/** The files that a line names, each with the titles behind it. */
function proofsIn(line: string): { file: string; titles: string[] }[] {
  // A file's titles reach to the next file.
  return [...line.matchAll(/(\S+\.test\.ts)((?:(?!\S+\.test\.ts).)*)/g)].map(([, file = "", rest = ""]) => ({
    file,
    titles: [...rest.matchAll(/"([^"]+)"/g)].map(([, title = ""]) => title),
  }));
}

/** Whether a file has a test of this title; `…` stands for what is filled in. */
function hasTitle(text: string, title: string): boolean {
  const pieces = title.split("…").map((piece) => piece.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`["'\`]${pieces.join("[^\\n]*?")}["'\`]`).test(text);
}

describe("every point that is ticked has its test", () => {
  it.each(points("x"))("%s", (line) => {
    const proofs = proofsIn(line);
    expect(proofs.length, "names a test file").toBeGreaterThan(0);
    for (const { file, titles } of proofs) {
      expect(existsSync(join(ROOT, file)), `${file} exists`).toBe(true);
      const text = readFileSync(join(ROOT, file), "utf8");
      for (const title of titles) expect(hasTitle(text, title), `${file} has a test "${title}"`).toBe(true);
    }
  });
});

it("every vector that is named is there", () => {
  const folder = join(ROOT, "test/vectors");
  const all = readdirSync(folder)
    .filter((name) => name.startsWith("krakend-"))
    .map((name) => readFileSync(join(folder, name), "utf8"))
    .join();
  const named = lines.flatMap((line) => [...line.matchAll(/\(vectors? ([A-Z]\d\d(?:, [A-Z]\d\d)*)\)/g)]);
  const ids = named.flatMap(([, list = ""]) => list.split(", "));
  expect(ids.length).toBeGreaterThan(5);
  expect(ids.filter((id) => !all.includes(`"id": "${id}"`))).toEqual([]);
});

describe("every point that is open has its reason", () => {
  it.each(points(" "))("%s", (line) => expect(line).toMatch(/ — \S.{10,}$/));
});

it("there are points at all", () => expect(points("x").length).toBeGreaterThan(30));
