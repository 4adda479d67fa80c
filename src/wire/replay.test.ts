import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { folder } from "../../test/tools/folder.ts";
import { Tidy } from "../../test/tools/tidy.ts";
import { until } from "../../test/tools/until.ts";
import { FileSink } from "./ndjson.ts";
import { FileReplay } from "./replay.ts";

const tidy = new Tidy();

describe("FileReplay", () => {
  it("does not take a file away from a write: what came later would be removed with it unseen", async () => {
    const dir = await folder(tidy);
    const file = join(dir, "rejected.ndjson");
    const snapshot = { load: async () => undefined, save: async () => {} };
    const replay = new FileReplay({ file, snapshot, pass: async () => {} });
    const item = "x".repeat(50_000_000);
    const writing = new FileSink({ path: file, sync: true }).write([item], new AbortController().signal);
    await until("it is being written", () => statSync(file, { throwIfNoEntry: false })?.isFile(), {
      every: 0,
    });
    expect(await replay.begin()).toEqual({ replaying: true });
    const [moved] = readdirSync(dir).filter((name) => name.includes(".replay-"));
    expect(statSync(join(dir, moved!)).size).toBe(item.length + 3);
    await writing;
  });
});
