import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { folder } from "../../test/tools/folder.ts";
import { Tidy } from "../../test/tools/tidy.ts";
import { replaceFile, sweepTemporary, writeAtomically } from "./atomic.ts";

const tidy = new Tidy();

const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;
/** Root may write everywhere, so these checks are made as somebody else. */
const becomeNobody = () => void (isRoot && process.seteuid?.(NOBODY));
afterEach(() => void (isRoot && process.seteuid?.(0)));

const text = (path: string) => readFileSync(path, "utf8");
const mode = (path: string) => statSync(path).mode & 0o7777;

describe("writeAtomically", () => {
  it("makes folders and a file that are private, and leaves nothing else", async () => {
    const path = join(await folder(tidy), "a", "b", "file");
    await writeAtomically(path, ["one", "two"]);
    expect([text(path), mode(path), mode(join(path, ".."))]).toEqual(["onetwo", 0o600, 0o700]);
    expect(readdirSync(join(path, ".."))).toEqual(["file"]);
  });

  it("never shows a mixture while many write the same file", async () => {
    const path = join(await folder(tidy), "file");
    const version = (index: number) => Array.from({ length: 50 }, () => `${index};`.repeat(1_000));
    await Promise.all(Array.from({ length: 20 }, (_, index) => writeAtomically(path, version(index))));
    expect(new Set(text(path).split(";").slice(0, -1)).size).toBe(1);
    expect(text(path).split(";")).toHaveLength(50_001);
    expect(readdirSync(join(path, ".."))).toEqual(["file"]);
  });

  it("keeps the old content, and leaves nothing, when it fails in the middle", async () => {
    const path = join(await folder(tidy), "file");
    await writeAtomically(path, ["old"]);
    const failing = (function* () {
      yield "x".repeat(2 ** 21);
      throw new Error("no more");
    })();
    await expect(writeAtomically(path, failing)).rejects.toThrow("no more");
    mkdirSync(`${path}.folder`);
    await expect(writeAtomically(`${path}.folder`, ["new"])).rejects.toThrow();
    rmdirSync(`${path}.folder`);
    expect([text(path), readdirSync(join(path, ".."))]).toEqual(["old", ["file"]]);
  });
});

describe("sweepTemporary", () => {
  it("removes what a crash left, and nothing else", async () => {
    const path = await folder(tidy);
    mkdirSync(join(path, "deep"));
    for (const name of ["a.snap", "a.snap.12-3.tmp", "deep/cursor.9-1.tmp", "deep/mine.tmp"]) {
      writeFileSync(join(path, name), "");
    }
    await sweepTemporary(path);
    expect(readdirSync(path, { recursive: true }).sort()).toEqual(["a.snap", "deep", "deep/mine.tmp"]);
  });
});

describe("replaceFile", () => {
  it("keeps permissions and owner, and follows a symbolic link", async () => {
    const path = join(await folder(tidy), "state.json");
    writeFileSync(path, "old");
    chmodSync(path, 0o664);
    if (isRoot) chownSync(path, NOBODY, NOBODY);
    const before = statSync(path);
    symlinkSync("state.json", `${path}.link`);
    await replaceFile(`${path}.link`, "new");
    const after = statSync(path);
    expect([text(path), mode(path), after.uid, after.gid]).toEqual(["new", 0o664, before.uid, before.gid]);
    expect(readlinkSync(`${path}.link`)).toBe("state.json");
    expect(after.ino).not.toBe(before.ino);
  });

  it("makes a file that others may read, if there is none", async () => {
    const path = join(await folder(tidy), "state.json");
    await replaceFile(path, "new");
    expect([text(path), mode(path) & 0o600]).toEqual(["new", 0o600]);
  });

  it("writes in place where the folder lets nobody make files", async () => {
    const path = join(await folder(tidy), "locked", "state.json");
    mkdirSync(join(path, ".."));
    writeFileSync(path, "a longer text than before");
    chmodSync(path, 0o666);
    chmodSync(join(path, "..", ".."), 0o755);
    chmodSync(join(path, ".."), 0o555);
    const { ino } = statSync(path);
    becomeNobody();
    await replaceFile(path, "shorter");
    expect([text(path), statSync(path).ino, readdirSync(join(path, ".."))]).toEqual([
      "shorter",
      ino,
      ["state.json"],
    ]);
    if (isRoot) process.seteuid?.(0);
    chmodSync(join(path, ".."), 0o755);
  });

  it("throws where it may not write at all", async () => {
    const path = join(await folder(tidy), "state.json");
    writeFileSync(path, "old");
    chmodSync(path, 0o444);
    chmodSync(join(path, ".."), 0o555);
    becomeNobody();
    await expect(replaceFile(path, "new")).rejects.toMatchObject({ code: "EACCES" });
    await expect(replaceFile(`${path}.new`, "new")).rejects.toMatchObject({ code: "EACCES" });
    if (isRoot) process.seteuid?.(0);
    chmodSync(join(path, ".."), 0o755);
    expect(text(path)).toBe("old");
  });
});
