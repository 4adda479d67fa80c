import { appendFileSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { folder } from "../../test/tools/folder.ts";
import { Tidy } from "../../test/tools/tidy.ts";
import { until } from "../../test/tools/until.ts";
import type { Delivery } from "../core/delivery.ts";
import { FileSource, type FileSourceOptions, type Mark } from "./file-source.ts";
import { FileSnapshot } from "./snapshot.ts";

const tidy = new Tidy();

async function file(text: string): Promise<string> {
  const path = join(await folder(tidy), "in.ndjson");
  writeFileSync(path, text);
  return path;
}

/** A link that is open until the test ends or `close` is called. */
function opened(source: FileSource) {
  const controller = new AbortController();
  const taken: Delivery<string>[] = [];
  const ended = (async () => {
    const link = { signal: controller.signal, after: undefined, up: () => {} };
    for await (const item of source.open(link)) taken.push(item);
  })();
  ended.catch(() => {});
  const close = async () => {
    controller.abort();
    await ended;
  };
  tidy.later(() => close().catch(() => {}));
  const values = () => taken.map(({ value }) => value);
  return {
    taken,
    values,
    ended,
    close,
    has: (count: number) => until("so many items came", () => taken.length >= count && values()),
  };
}

const open = (options: FileSourceOptions) => opened(new FileSource(options));
const settle = (items: readonly Delivery<string>[]) => Promise.all(items.map((item) => item.settle("done")));

describe("FileSource", () => {
  it("delivers each line that is not empty, with or without an end to the last, and ends when all are settled", async () => {
    const { has, taken, ended } = open({ path: await file('{"a":1}\n\n{"b":"ä"}\r\n\nlast') });
    expect(await has(3)).toEqual(['{"a":1}', '{"b":"ä"}', "last"]);
    expect(taken.map(({ bytes }) => bytes)).toEqual([7, 10, 4]);
    await settle(taken);
    await ended;
  });

  it("begins another file of the same name at its begin, although it has the inode of the one before", async () => {
    const path = await file("a\nb\n");
    const source = new FileSource({ path });
    const first = opened(source);
    await first.has(2);
    await settle(first.taken);
    await first.ended;
    rmSync(path);
    writeFileSync(path, "c\nd\ne\n");
    expect(await opened(source).has(3)).toEqual(["c", "d", "e"]);
  });

  it("does not end before everything is settled, and delivers again what is to be retried", async () => {
    const { has, taken, ended } = open({ path: await file("a\nb\n") });
    await has(2);
    await taken[1]?.settle("retry");
    expect(await has(3)).toEqual(["a", "b", "b"]);
    await taken[0]?.settle("reject");
    await taken[2]?.settle("done");
    await ended;
  });

  it("begins after what is settled when it is opened again, and where it stood after a restart", async () => {
    const path = await file("a\nb\nc\n");
    const snapshot = new FileSnapshot<Mark>(join(await folder(tidy), "mark.snap"), "x");
    const source = new FileSource({ path, snapshot });
    const first = opened(source);
    await first.has(3);
    await settle(first.taken.slice(0, 1));
    await first.close();
    await settle(first.taken);
    const second = opened(source);
    expect(await second.has(2)).toEqual(["b", "c"]);
    await settle(second.taken.slice(0, 1));
    await second.close();
    expect(await open({ path, snapshot }).has(1)).toEqual(["c"]);
    const other = await file("a\nb\nc\n");
    expect(await open({ path: other, snapshot }).has(3)).toEqual(["a", "b", "c"]);
  });

  it("replays the whole file in each process where nothing remembers", async () => {
    const path = await file("a\n");
    for (let round = 0; round < 2; round++) {
      const { has, taken, ended } = open({ path });
      await has(1);
      await settle(taken);
      await ended;
    }
  });

  it("waits for more lines, and for the end of a line, where it follows", async () => {
    const path = await file("a\nha");
    const { has, taken, values } = open({ path, follow: true });
    await has(1);
    await settle(taken);
    appendFileSync(path, "lf\nnext\n");
    expect(await has(3)).toEqual(["a", "half", "next"]);
    expect(values()).not.toContain("ha");
  });

  it("goes over to a file that takes the place of this one, and to this one when it is cut", async () => {
    const path = await file("a\nunfinished");
    const { has, taken, values } = open({ path, follow: true });
    await has(1);
    renameSync(path, `${path}.1`);
    writeFileSync(path, "longer\n");
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(values()).toEqual(["a"]);
    await settle(taken);
    await has(2);
    await settle(taken);
    expect(await has(3)).toEqual(["a", "unfinished", "longer"]);
    await settle(taken);
    truncateSync(path);
    appendFileSync(path, "c\n");
    expect(await has(4)).toEqual(["a", "unfinished", "longer", "c"]);
  });

  it("breaks where there is no file", async () => {
    const path = await file("");
    rmSync(path);
    const missing = { name: "LinkProblem", code: "file_missing" };
    await expect(open({ path }).ended).rejects.toMatchObject(missing);
    await expect(new FileSource({ path }).probe()).rejects.toMatchObject(missing);
  });

  it("reads lines longer than it reads at once", async () => {
    const long = "x".repeat(200_000);
    const { has } = open({ path: await file(`${long}\n${long}\nb`) });
    expect(await has(3)).toEqual([long, long, "b"]);
  });
});
