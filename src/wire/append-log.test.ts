import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { folder } from "../../test/tools/folder.ts";
import { Tidy } from "../../test/tools/tidy.ts";
import { AppendLog, type Position } from "./append-log.ts";

const tidy = new Tidy();

async function open(path: string, segmentBytes = 1_000, grown = () => {}): Promise<AppendLog> {
  const log = await AppendLog.open(path, { segmentBytes, grown });
  tidy.later(() => log.close().catch(() => {}));
  return log;
}

const append = async (log: AppendLog, ...texts: string[]) => {
  await Promise.all(texts.map((text) => log.append(Buffer.from(text))));
};

async function all(log: AppendLog, from: Position = log.first): Promise<string[]> {
  const texts: string[] = [];
  for (let record = await log.read(from); record; record = await log.read(record.next)) {
    texts.push(record.payload.toString());
  }
  return texts;
}

const names = (count: number) =>
  Array.from({ length: count }, (_, index) => `record ${index} `.repeat(index + 1));

describe("AppendLog", () => {
  it("reads what was appended, in order, over several segments and after it was opened again", async () => {
    const path = await folder(tidy);
    const log = await open(path, 200);
    await append(log, ...names(20));
    for (const name of names(20)) await append(log, name);
    expect(readdirSync(path).length).toBeGreaterThan(3);
    const texts = [...names(20), ...names(20)];
    expect(await all(log)).toEqual(texts);
    await log.close();
    expect(await all(await open(path, 200))).toEqual(texts);
  });

  it("tells when it has grown, and what is appended then can be read", async () => {
    let grown = () => {};
    const log = await open(await folder(tidy), 1_000, () => grown());
    expect(await log.read(log.end)).toBeUndefined();
    const { end } = log;
    const told = new Promise<void>((resolve) => (grown = resolve));
    await append(log, "late");
    await told;
    expect((await log.read(end))?.payload.toString()).toBe("late");
  });

  it("drops a record that was cut, at whatever byte, and only that", async () => {
    const path = await folder(tidy);
    const log = await open(path);
    await append(log, "first", "second", "third");
    await log.close();
    const file = join(path, "0000000001.log");
    const bytes = readFileSync(file);
    const ends = [0, 13, 13 + 14, 13 + 14 + 13];
    expect(bytes).toHaveLength(ends.at(-1)!);
    for (let length = 0; length <= bytes.length; length++) {
      writeFileSync(file, bytes.subarray(0, length));
      const cut = await open(path);
      const whole = ["first", "second", "third"].slice(
        0,
        ends.filter((end) => end > 0 && end <= length).length,
      );
      expect(await all(cut)).toEqual(whole);
      await append(cut, "next");
      expect(await all(cut)).toEqual([...whole, "next"]);
      await cut.close();
    }
  });

  it("drops what a power cut may leave behind the last record", async () => {
    for (const rest of [Buffer.alloc(4_096), Buffer.from("no record at all, but longer than a head")]) {
      const path = await folder(tidy);
      const log = await open(path);
      await append(log, "first");
      await log.close();
      appendFileSync(join(path, "0000000001.log"), rest);
      const again = await open(path);
      await append(again, "second");
      expect(await all(again)).toEqual(["first", "second"]);
    }
  });

  it("skips the rest of an older segment that the disk has spoilt", async () => {
    const path = await folder(tidy);
    const log = await open(path, 30);
    await append(log, "one");
    for (const text of ["two", "three", "four", "five"]) await append(log, text);
    await log.close();
    const [first] = readdirSync(path).sort();
    const file = join(path, first!);
    const bytes = readFileSync(file);
    bytes[8] = bytes[8]! ^ 1;
    writeFileSync(file, bytes);
    const spoilt = await open(path, 30);
    expect(await all(spoilt)).toEqual(["four", "five"]);
  });

  it("drops old segments but never the one it writes, and reads on after what was dropped", async () => {
    const path = await folder(tidy);
    const log = await open(path, 50);
    for (const name of names(6)) await append(log, name);
    const { bytes, first } = log;
    await log.dropBefore({ segment: 3, offset: 0 });
    expect([log.first.segment, log.bytes < bytes]).toEqual([3, true]);
    expect((await all(log, first)).at(-1)).toBe(names(6).at(-1));
    await log.dropBefore({ segment: 99, offset: 0 });
    expect(readdirSync(path)).toHaveLength(1);
  });

  it("can be read while segments are dropped and begun", async () => {
    const log = await open(await folder(tidy), 500);
    const seen: number[] = [];
    const writing = (async () => {
      for (let index = 0; index < 2_000; index++) {
        await append(log, `${index}`);
        if (index % 100 === 0) await log.dropBefore({ segment: log.end.segment - 1, offset: 0 });
      }
    })();
    let at = log.first;
    while (seen.at(-1) !== 1_999) {
      const record = await log.read(at);
      if (record) {
        seen.push(Number(record.payload.toString()));
        at = record.next;
      } else await new Promise((resolve) => setImmediate(resolve));
    }
    await writing;
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(new Set(seen).size).toBe(seen.length);
  });

  it("says when it cannot write, and writes again when it can", async () => {
    const path = await folder(tidy);
    const log = await open(path, 10);
    await append(log, "first, which fills the segment");
    // The next segment cannot be made while a folder has its name.
    const name = join(path, "0000000002.log");
    mkdirSync(name);
    await expect(log.append(Buffer.from("lost"))).rejects.toMatchObject({ code: "EISDIR" });
    rmdirSync(name);
    await append(log, "second");
    expect(await all(log)).toEqual(["first, which fills the segment", "second"]);
  });
});
