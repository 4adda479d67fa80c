import { mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { folder } from "../../test/tools/folder.ts";
import { Tidy } from "../../test/tools/tidy.ts";
import { until } from "../../test/tools/until.ts";
import type { Revision } from "../core/revision.ts";
import { changes, FileFeed } from "./file.ts";

const tidy = new Tidy();

/** Follows a file until the test ends, and gathers what comes. */
function following(path: string, after?: Revision<string>) {
  const controller = new AbortController();
  tidy.later(() => controller.abort());
  const taken: string[] = [];
  const revisions: Revision<string>[] = [];
  const ended = (async () => {
    const link = { signal: controller.signal, after, up: () => {} };
    for await (const revision of new FileFeed(path).open(link)) {
      revisions.push(revision);
      taken.push(revision.data);
    }
  })();
  ended.catch(() => {});
  return {
    taken,
    revisions,
    ended,
    controller,
    next: (count: number) => until("so many revisions came", () => taken.length >= count && taken),
  };
}

describe("FileFeed", () => {
  it("yields the file, and again after it was written in place, replaced, or made anew", async () => {
    const path = join(await folder(tidy), "file");
    writeFileSync(path, "one");
    const { next, taken } = following(path);
    await next(1);
    writeFileSync(path, "two");
    await next(2);
    writeFileSync(`${path}.new`, "three");
    renameSync(`${path}.new`, path);
    await next(3);
    rmSync(path);
    writeFileSync(path, "four");
    await next(4);
    // In between, a reader may have seen the file while it was empty.
    expect(taken.filter((data) => data !== "")).toEqual(["one", "two", "three", "four"]);
  });

  it("yields nothing when the content is the same, nor what was taken before", async () => {
    const path = join(await folder(tidy), "file");
    writeFileSync(path, "one");
    const first = following(path);
    await first.next(1);
    const second = following(path, first.revisions[0]);
    utimesSync(path, 1, 1);
    writeFileSync(`${path}.new`, "one");
    renameSync(`${path}.new`, path);
    writeFileSync(path, "one and two");
    await until(
      "both have read the second text",
      () => first.taken.at(-1) === "one and two" && second.taken.at(-1) === "one and two",
    );
    expect(first.taken.filter((data) => data === "one")).toHaveLength(1);
    expect(second.taken).not.toContain("one");
  });

  it("breaks when the file is removed, is missing or is a folder", async () => {
    const path = join(await folder(tidy), "file");
    writeFileSync(path, "one");
    const { next, ended } = following(path);
    await next(1);
    rmSync(path);
    const missing = { name: "LinkProblem", code: "file_missing" };
    await expect(ended).rejects.toMatchObject(missing);
    await expect(following(path).ended).rejects.toMatchObject(missing);
    mkdirSync(path);
    await expect(following(path).ended).rejects.toMatchObject(missing);
    await expect(new FileFeed(path).probe()).rejects.toMatchObject(missing);
  });

  it("follows a link that is turned to another folder, as Kubernetes does", async () => {
    const root = await folder(tidy);
    for (const version of ["one", "two"]) {
      mkdirSync(join(root, version));
      writeFileSync(join(root, version, "file"), version);
    }
    symlinkSync("one", join(root, "current"));
    symlinkSync("current/file", join(root, "file"));
    const { next } = following(join(root, "file"));
    await next(1);
    symlinkSync("two", join(root, "turned"));
    renameSync(join(root, "turned"), join(root, "current"));
    expect(await next(2)).toEqual(["one", "two"]);
  });
});

describe("changes", () => {
  it("begins with one, and notices a file in a folder that is made later", async () => {
    const path = join(await folder(tidy), "later", "file");
    const controller = new AbortController();
    let seen = 0;
    const ended = (async () => {
      for await (const _ of changes(path, controller.signal)) seen++;
    })();
    await until("the first look", () => seen === 1);
    mkdirSync(join(path, ".."));
    writeFileSync(path, "");
    await until("another look", () => seen >= 2);
    controller.abort();
    await ended;
  });

  it("ends at once, and leaves no watcher and no timer", async () => {
    const path = join(await folder(tidy), "file");
    const before = process.getActiveResourcesInfo().filter((name) => /FSEvent|Timeout/.test(name)).length;
    const controller = new AbortController();
    const ended = (async () => {
      for await (const _ of changes(path, controller.signal)) controller.abort();
    })();
    await ended;
    for await (const _ of changes(path, AbortSignal.abort())) throw new Error("it had rung already");
    const after = process.getActiveResourcesInfo().filter((name) => /FSEvent|Timeout/.test(name)).length;
    expect(after).toBe(before);
  });
});
