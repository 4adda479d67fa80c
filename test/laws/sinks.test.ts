import { existsSync, mkdirSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "vitest";
import { sinkLaws } from "../../src/laws/index.ts";
import { FileSink } from "../../src/wire/ndjson.ts";
import { folder } from "../tools/folder.ts";
import { Tidy } from "../tools/tidy.ts";

const tidy = new Tidy();

describe.each([true, false])("FileSink (sync: %s)", (sync) => {
  const make = async () => {
    const path = join(await folder(tidy), "out.ndjson");
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
    };
  };
  for (const law of sinkLaws(make)) it(law.name, law.check);
});
