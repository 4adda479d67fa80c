import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "vitest";
import { sinkLaws } from "../../src/laws/index.ts";
import { FileSink } from "../../src/wire/ndjson.ts";

describe.each([true, false])("FileSink (sync: %s)", (sync) => {
  const make = () => {
    const folder = mkdtempSync(join(tmpdir(), "outrider-"));
    const path = join(folder, "deep", "out.ndjson");
    mkdirSync(join(folder, "deep"));
    return {
      sink: new FileSink<unknown>({ path, sync }),
      item: (number: number) => ({ number, text: "a\nb" }),
      arrived: () =>
        existsSync(path)
          ? readFileSync(path, "utf8")
              .split("\n")
              .slice(0, -1)
              .map((line): unknown => JSON.parse(line))
          : [],
      // A folder in its place can be written by nobody, not even by root.
      break: () => mkdirSync(path),
      mend: () => rmdirSync(path),
      close: () => rmSync(folder, { recursive: true, force: true }),
    };
  };
  for (const law of sinkLaws(make)) it(law.name, law.check);
});
