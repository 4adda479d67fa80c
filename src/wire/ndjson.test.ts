import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { folder } from "../../test/tools/folder.ts";
import { Tidy } from "../../test/tools/tidy.ts";
import { FileSink, parseLine } from "./ndjson.ts";

const tidy = new Tidy();

const { signal } = new AbortController();
const isRoot = process.getuid?.() === 0;
afterEach(() => void (isRoot && process.seteuid?.(0)));

describe("FileSink", () => {
  it.each([true, false])(
    "appends a line for each item, and makes what is missing (sync: %s)",
    async (sync) => {
      const path = join(await folder(tidy), "deep", "out.ndjson");
      const sink = new FileSink({ path, sync });
      await sink.write([{ a: 1 }, "two\nlines"], signal);
      await sink.write([null], signal);
      expect(readFileSync(path, "utf8")).toBe('{"a":1}\n"two\\nlines"\nnull\n');
    },
  );

  it("goes on in a new file when the old one was rotated away", async () => {
    const path = join(await folder(tidy), "out.ndjson");
    const sink = new FileSink({ path });
    await sink.write([1], signal);
    renameSync(path, `${path}.1`);
    await sink.write([2], signal);
    expect([readFileSync(`${path}.1`, "utf8"), readFileSync(path, "utf8")]).toEqual(["1\n", "2\n"]);
  });

  it("leaves a line that was cut as a line of its own", async () => {
    const path = join(await folder(tidy), "out.ndjson");
    writeFileSync(path, '1\n{"half":');
    await new FileSink({ path }).write([2], signal);
    expect(readFileSync(path, "utf8")).toBe('1\n{"half":\n2\n');
  });

  it("says what it cannot write", async () => {
    const unwritable = { name: "LinkProblem", code: "state_unwritable" };
    const full = join(await folder(tidy), "full");
    symlinkSync("/dev/full", full);
    await expect(new FileSink({ path: full }).write([1], signal)).rejects.toMatchObject(unwritable);
    const below = join(await folder(tidy), "file");
    writeFileSync(below, "");
    await expect(new FileSink({ path: join(below, "x") }).write([1], signal)).rejects.toMatchObject(
      unwritable,
    );
    const path = join(await folder(tidy), "out.ndjson");
    await expect(new FileSink({ path }).write([1], AbortSignal.abort())).rejects.toMatchObject(unwritable);
    expect(existsSync(path)).toBe(false);
  });

  it("can be probed without writing", async () => {
    const path = join(await folder(tidy), "locked", "out.ndjson");
    mkdirSync(join(path, ".."));
    const sink = new FileSink({ path });
    await sink.probe();
    expect(existsSync(path)).toBe(false);
    chmodSync(join(path, "..", ".."), 0o755);
    chmodSync(join(path, ".."), 0o555);
    if (isRoot) process.seteuid?.(65_534);
    // The check is made with the real user, so root is let in whatever it pretends to be.
    if (!isRoot) await expect(sink.probe()).rejects.toMatchObject({ code: "state_unwritable" });
    await expect(sink.write([1], signal)).rejects.toMatchObject({ code: "state_unwritable" });
  });
});

describe("parseLine", () => {
  it("reads a line, or says that it can never be used", () => {
    expect(parseLine('{"a":[1]}')).toEqual({ a: [1] });
    for (const line of ["", "{", "a: 1"]) {
      expect(() => parseLine(line)).toThrow(
        expect.objectContaining({ name: "RejectedProblem", code: "item_refused" }),
      );
    }
  });
});
