import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const src = fileURLToPath(new URL("../../src", import.meta.url));
const here = fileURLToPath(new URL(".", import.meta.url));

/** Classes of ours that implement a contract, by the words of the source. */
function implementations(contract: string): string[] {
  const pattern = new RegExp(`export class (\\w+)(?:<[^>{]*>)? implements [^{]*\\b${contract}<`, "g");
  return readdirSync(src, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .flatMap((file) =>
      [...readFileSync(join(src, file), "utf8").matchAll(pattern)].map(([, name]) => name ?? ""),
    );
}

/** How the files begin in which each contract's implementations are put on trial. */
const trials = { Feed: "feeds", Sink: "sinks", Snapshot: "snapshots" };

describe.each(Object.entries(trials))("every %s", (contract, begin) => {
  it(`is put on trial in a file test/laws/${begin}…`, () => {
    const files = readdirSync(here).filter((name) => name.startsWith(begin));
    const text = files.map((file) => readFileSync(join(here, file), "utf8")).join("");
    const names = implementations(contract);
    expect(names.length).toBeGreaterThan(0);
    expect(
      names.filter((name) => !new RegExp(`describe(\\.each\\([^)]*\\))?\\("${name}\\b`).test(text)),
    ).toEqual([]);
  });
});
