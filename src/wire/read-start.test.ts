import { symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { folder } from "../../test/tools/folder.ts";
import { Tidy } from "../../test/tools/tidy.ts";
import { readStart } from "./read-start.ts";

const tidy = new Tidy();

describe("the start of a file", () => {
  test("is all of it where it is short", async () => {
    const path = join(await folder(tidy), "file");
    await writeFile(path, "short");
    expect((await readStart(path, 100)).toString()).toBe("short");
    expect((await readStart(path, 5)).toString()).toBe("short");
  });

  test("is cut where it is long", async () => {
    const path = join(await folder(tidy), "file");
    await writeFile(path, "longer");
    expect((await readStart(path, 4)).toString()).toBe("long");
  });

  test("ends even where the file does not", async () => {
    const path = join(await folder(tidy), "endless");
    await symlink("/dev/zero", path);
    expect((await readStart(path, 513)).length).toBe(513);
  });

  test("of a missing file is an error", async () => {
    await expect(readStart(join(await folder(tidy), "none"), 4)).rejects.toThrow("ENOENT");
  });
});
