import { appendFile, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { folder } from "../../test/tools/folder.ts";
import { Tidy } from "../../test/tools/tidy.ts";
import { until } from "../../test/tools/until.ts";
import { Lifetime } from "../core/life.ts";
import { FileReplay, type ReplayOptions } from "./replay.ts";
import { asideId, listAside } from "./set-aside.ts";
import { nowhere } from "./snapshot.ts";

const tidy = new Tidy();
const show = (line: string) => ({ at: "2026-01-01T00:00:00.000Z", reason: "refused", preview: line });

async function fileOf(lines: readonly string[]): Promise<string> {
  const file = join(await folder(tidy), "rejected.ndjson");
  await writeFile(file, lines.map((line) => `${line}\n`).join(""));
  return file;
}

describe("the list of what was set aside", () => {
  it("is empty where there is no file", async () => {
    expect(await listAside("/nowhere/rejected.ndjson", 5, show)).toEqual({ total: 0, items: [] });
  });

  it("holds the newest, newest first, and counts all", async () => {
    const file = await fileOf(["a", "b", "c"]);
    const { total, items } = await listAside(file, 2, show);
    expect([total, items.map(({ preview }) => preview)]).toEqual([3, ["c", "b"]]);
    expect(items[0]!.id).toBe(asideId("c"));
  });

  it("shows a line that cannot be read as it is", async () => {
    const { items } = await listAside(await fileOf(["{half"]), 5, () => undefined);
    expect(items).toEqual([
      { id: asideId("{half"), at: "", reason: "the line cannot be read", preview: "{half" },
    ]);
  });

  it("holds few of many long lines at once", async () => {
    const long = "x".repeat(5_000_000);
    const { total, items } = await listAside(await fileOf([`1${long}`, `2${long}`, `3${long}`]), 5, show);
    expect([total, items.map(({ preview }) => preview[0])]).toEqual([3, ["3"]]);
  });
});

/** A replay that runs; what it passes on is noted, and settled by `settle`. */
function replayOf(file: string, sent: string[], pass?: ReplayOptions["pass"]) {
  const replay = new FileReplay({
    file,
    snapshot: nowhere,
    pass:
      pass ??
      (async (lines, progress, life) => {
        const link = { signal: life.stop, after: undefined, up: () => {}, progress: () => {} };
        for await (const { value, settle } of lines.open(link as never)) {
          sent.push(value);
          progress.delivered++;
          await settle("done");
        }
      }),
  });
  const life = new Lifetime();
  const running = replay.run(life);
  tidy.later(async () => {
    life.ringStop("stopped");
    await running;
  });
  return replay;
}

describe("a replay of some", () => {
  it("sends those, and puts the others back", async () => {
    const file = await fileOf(["a", "b", "c"]);
    const sent: string[] = [];
    const replay = replayOf(file, sent);
    expect(await replay.begin([asideId("b")])).toEqual({ replaying: true });
    await until("it has ended", () => replay.progress.last);
    expect([sent, await readFile(file, "utf8")]).toEqual([["b"], "a\nc\n"]);
    await until("nothing else is left", async () => {
      const names = await readdir(join(file, ".."));
      return names.length === 1;
    });
  });

  it("leaves alone what came meanwhile", async () => {
    const file = await fileOf(["a", "b"]);
    const sent: string[] = [];
    const replay = replayOf(file, sent);
    await replay.begin([asideId("a")]);
    await appendFile(file, "new\n");
    await until("it has ended", () => replay.progress.last);
    expect((await readFile(file, "utf8")).split("\n").filter(Boolean).sort()).toEqual(["b", "new"]);
  });

  it("goes on as it was begun when the process starts anew", async () => {
    const file = await fileOf(["a", "b", "c"]);
    // Begun by a process that ended before anything was sent.
    const before = new FileReplay({ file, snapshot: nowhere, pass: async () => {} });
    await before.begin([asideId("c")]);
    const sent: string[] = [];
    const replay = replayOf(file, sent);
    await until("it has ended", () => replay.progress.last);
    expect([sent, await readFile(file, "utf8")]).toEqual([["c"], "a\nb\n"]);
  });

  it("is nothing to do where nothing was set aside", async () => {
    const file = join(await folder(tidy), "rejected.ndjson");
    expect(await replayOf(file, []).begin(["x"])).toEqual({ replaying: false });
    expect(await readdir(join(file, ".."))).toEqual([]);
  });
});
