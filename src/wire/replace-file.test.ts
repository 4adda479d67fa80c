import { chmod, lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { folder } from "../../test/tools/folder.ts";
import { Tidy } from "../../test/tools/tidy.ts";
import { replaceFile } from "./atomic.ts";

const tidy = new Tidy();

describe("replacing a file that is not ours alone", () => {
  test("a new file is readable by all, and nothing else is left in the folder", async () => {
    const path = join(await folder(tidy), "state.json");
    await replaceFile(path, "new");
    expect(await readFile(path, "utf8")).toBe("new");
    expect((await stat(path)).mode & 0o777).toBe(0o644 & ~process.umask());
    expect(await readdir(join(path, ".."))).toEqual(["state.json"]);
  });

  test("permissions stay", async () => {
    const path = join(await folder(tidy), "state.json");
    await writeFile(path, "old");
    await chmod(path, 0o664);
    await replaceFile(path, "new");
    expect((await stat(path)).mode & 0o777).toBe(0o664);
  });

  test("a symbolic link stays one", async () => {
    const path = await folder(tidy);
    await writeFile(join(path, "real"), "old");
    await symlink(join(path, "real"), join(path, "link"));
    await replaceFile(join(path, "link"), "new");
    expect((await lstat(join(path, "link"))).isSymbolicLink()).toBe(true);
    expect(await readFile(join(path, "real"), "utf8")).toBe("new");
  });

  test("a missing folder is not made", async () => {
    const path = await folder(tidy);
    await expect(replaceFile(join(path, "none", "state.json"), "new")).rejects.toThrow("ENOENT");
    expect(await readdir(path)).toEqual([]);
  });

  test("what is no regular file is never renamed over", async () => {
    const link = join(await folder(tidy), "full");
    await symlink("/dev/full", link);
    await expect(replaceFile(link, "new")).rejects.toThrow("ENOSPC");
    expect((await stat("/dev/full")).isCharacterDevice()).toBe(true);
  });

  test("a folder in its place is left alone, and nothing is put beside it", async () => {
    const path = await folder(tidy);
    await mkdir(join(path, "state.json"));
    await expect(replaceFile(join(path, "state.json"), "new")).rejects.toThrow();
    expect(await readdir(path)).toEqual(["state.json"]);
  });
});
