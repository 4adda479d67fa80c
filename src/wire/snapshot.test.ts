import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { folder } from "../../test/tools/folder.ts";
import { Tidy } from "../../test/tools/tidy.ts";
import type { Codec } from "../core/agent.ts";
import { FileSnapshot, nowhere } from "./snapshot.ts";

const tidy = new Tidy();

const revision = { version: "7", data: { rules: ["a → b", 'line "end" \n in a text'], n: 1 } };

async function saved() {
  const path = join(await folder(tidy), "snapshots", "web.snap");
  const snapshot = new FileSnapshot<unknown>(path, "redirects/web/");
  await snapshot.save(revision);
  return { path, snapshot, bytes: readFileSync(path) };
}

describe("FileSnapshot", () => {
  it("loads what was saved last", async () => {
    const { snapshot } = await saved();
    expect(await snapshot.load()).toEqual(revision);
    await snapshot.save({ version: "8", data: null });
    expect(await snapshot.load()).toEqual({ version: "8", data: null });
  });

  it("loads nothing where nothing is", async () => {
    expect(await new FileSnapshot(join(await folder(tidy), "none"), "x").load()).toBeUndefined();
  });

  it("never loads one that is cut, at whatever byte", async () => {
    const { path, snapshot, bytes } = await saved();
    // The last byte is a line end, and without it nothing is missing.
    for (let length = 0; length < bytes.length - 1; length++) {
      writeFileSync(path, bytes.subarray(0, length));
      await expect(snapshot.load()).rejects.toMatchObject({ name: "RejectedProblem", code: "snapshot_torn" });
      expect([existsSync(path), readFileSync(`${path}.torn`).length]).toEqual([false, length]);
    }
    expect(await snapshot.load()).toBeUndefined();
  });

  it("never loads one in which a byte was changed", async () => {
    const { path, snapshot, bytes } = await saved();
    for (let at = 0; at < bytes.length - 1; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = changed[at]! ^ 1;
      writeFileSync(path, changed);
      await expect(snapshot.load()).rejects.toMatchObject({ code: "snapshot_torn" });
    }
  });

  it("never loads somebody else's, nor what only looks like one", async () => {
    const { path, bytes } = await saved();
    await expect(new FileSnapshot(path, "flags/web/").load()).rejects.toThrow("it belongs to redirects/web/");
    for (const foreign of ["", "\n", "{}\n{}\n", "hello\n", bytes.subarray(5)]) {
      writeFileSync(path, foreign);
      await expect(new FileSnapshot(path, "redirects/web/").load()).rejects.toMatchObject({
        code: "snapshot_torn",
      });
    }
  });

  it("lays data down in lines of the kind's own", async () => {
    const codec: Codec<string[]> = { encode: (data) => data, decode: (lines) => [...lines] };
    const snapshot = new FileSnapshot(join(await folder(tidy), "web.snap"), "x", codec);
    await snapshot.save({ version: "1", data: ["one", "", "thrée"] });
    expect(await snapshot.load()).toEqual({ version: "1", data: ["one", "", "thrée"] });
    await snapshot.save({ version: "2", data: [] });
    expect(await snapshot.load()).toEqual({ version: "2", data: [] });
  });

  it("says where it could not be saved or read", async () => {
    const path = join(await folder(tidy), "file");
    writeFileSync(path, "");
    const below = new FileSnapshot(join(path, "web.snap"), "x");
    await expect(below.save(revision)).rejects.toMatchObject({
      name: "LinkProblem",
      code: "state_unwritable",
    });
    await expect(new FileSnapshot(join(path, ".."), "x").load()).rejects.toMatchObject({
      code: "file_missing",
    });
  });
});

describe("nowhere", () => {
  it("remembers nothing", async () => {
    await nowhere.save(revision as never);
    expect(await nowhere.load()).toBeUndefined();
  });
});
