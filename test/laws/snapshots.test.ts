import { readFileSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "vitest";
import { snapshotLaws } from "../../src/laws/index.ts";
import { FileSnapshot, nowhere } from "../../src/wire/snapshot.ts";
import { folder } from "../tools/folder.ts";
import { Tidy } from "../tools/tidy.ts";

const tidy = new Tidy();

describe("FileSnapshot", () => {
  const make = async () => {
    const path = join(await folder(tidy), "deep", "a.snap");
    return {
      open: () => new FileSnapshot<unknown>(path, "laws"),
      tear: () => truncateSync(path, Math.floor(readFileSync(path).length / 2)),
    };
  };
  for (const law of snapshotLaws(make)) it(law.name, law.check);
});

// It is for embedding without a state folder, and for origins that are their own memory, such as a state file. It
// keeps nothing, so it is empty always; whoever needs the rest must not use it.
describe("nowhere", () => {
  for (const law of snapshotLaws(() => ({ open: () => nowhere, remembers: false }))) it(law.name, law.check);
});
