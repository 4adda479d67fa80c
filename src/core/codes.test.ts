import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { codes } from "./codes.ts";

const src = fileURLToPath(new URL("..", import.meta.url));

/** Codes that wait for the code that throws them. To be emptied: whoever adds that code takes its line out here. */
const expectedLater: Readonly<Record<string, string>> = {};

interface Thrown {
  readonly file: string;
  readonly class: string;
  readonly code: string;
}

/** Every place where a problem is made, by the words of the source. */
function thrown(): Thrown[] {
  const files = readdirSync(src, { recursive: true, encoding: "utf8" });
  return files
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .flatMap((file) => {
      const text = readFileSync(join(src, file), "utf8");
      const made = [...text.matchAll(/new ((?:Config|Link|Denied|Rejected)Problem)\(\s*"(\w+)"/g)].map(
        ([, name, code]) => [name, code],
      );
      // A partial failure has but one code, and says it itself.
      const own = [...text.matchAll(/class (PartialProblem) extends[^}]*super\("(\w+)"/g)].map(
        ([, name, code]) => [name, code],
      );
      return [...made, ...own].map(([name = "", code = ""]) => ({ file, class: name, code }));
    });
}

describe("the table of codes", () => {
  const all = thrown();

  it("has every code that is thrown, with the class it is thrown as", () => {
    expect(all.length).toBeGreaterThan(30);
    const wrong = all.filter(
      ({ class: name, code }) => (codes as Record<string, { class: string }>)[code]?.class !== name,
    );
    expect(wrong).toEqual([]);
  });

  it("can be checked: no code is worked out at run time", () => {
    const files = readdirSync(src, { recursive: true, encoding: "utf8" });
    const hidden = files.filter((file) => {
      if (!file.endsWith(".ts") || file.endsWith(".test.ts")) return false;
      return /new (?:Config|Link|Denied|Rejected)Problem\(\s*[^"\s]/.test(
        readFileSync(join(src, file), "utf8"),
      );
    });
    expect(hidden).toEqual([]);
  });

  it("has no code that nobody throws", () => {
    const used = new Set(all.map(({ code }) => code));
    const idle = Object.keys(codes).filter((code) => !used.has(code));
    expect(idle.toSorted()).toEqual(Object.keys(expectedLater).toSorted());
  });

  it("says of each what it means and what to do, in sentences", () => {
    for (const [code, { means, remedy }] of Object.entries(codes)) {
      expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
      expect([means, remedy].filter((text) => !/^[A-Z`].*\.$/.test(text))).toEqual([]);
    }
  });
});
