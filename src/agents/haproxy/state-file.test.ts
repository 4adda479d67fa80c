import { readFile, rename, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { folder } from "../../../test/tools/folder.ts";
import { Tidy } from "../../../test/tools/tidy.ts";
import { until } from "../../../test/tools/until.ts";
import { Health } from "../../core/health.ts";
import { silent } from "../../core/log.ts";
import type { State } from "./state.ts";
import { StateFile, type StateFileOptions } from "./state-file.ts";

const tidy = new Tidy();

interface Opened {
  readonly file: StateFile;
  readonly path: string;
  /** Every state that was yielded. */
  readonly seen: State[];
  readonly errors: string[];
  readonly health: Health;
  stop(): Promise<void>;
}

async function opened(content: string | undefined, given: Partial<StateFileOptions> = {}): Promise<Opened> {
  const path = given.path ?? join(await folder(tidy), "state.json");
  if (content !== undefined) await writeFile(path, content);
  const errors: string[] = [];
  const health = new Health();
  const file = new StateFile({
    path,
    watch: false,
    onBad: "default",
    fallback: "FAIL",
    wide: false,
    saved: () => health.part("file"),
    log: { ...silent, error: (_, message) => errors.push(message) },
    ...given,
  });
  const stopping = new AbortController();
  const seen: State[] = [];
  const following = (async () => {
    const link = { signal: stopping.signal, after: undefined, up() {} };
    for await (const { data } of file.open(link)) seen.push(data);
  })();
  const stop = async () => {
    stopping.abort();
    await following;
  };
  tidy.later(stop);
  await until("the first state", () => seen.length > 0);
  return { file, path, seen, errors, health, stop };
}

describe("a state file", () => {
  test("is read at the start", async () => {
    const { seen } = await opened('{"status":"DRAIN","weight":5}');
    expect(seen).toEqual([{ status: "DRAIN", weight: 5, maxconn: undefined }]);
  });

  test("that is missing is the default state, and the path is logged", async () => {
    const { seen, errors } = await opened(undefined, { fallback: "MAINT" });
    expect(seen).toEqual([{ status: "MAINT" }]);
    expect(errors).toEqual(["state file cannot be used"]);
  });

  test("a change is taken, then written", async () => {
    const { file, path, seen } = await opened('{"status":"DOWN","weight":5}');
    file.set({ status: "UP" });
    const written = '{\n  "status": "UP",\n  "weight": 5\n}';
    await until("it is written", async () => (await readFile(path, "utf8")) === written);
    expect(seen.at(-1)).toEqual({ status: "UP", weight: 5, maxconn: undefined });
  });

  test("a change holds even if it cannot be written, and health says so until it can", async () => {
    const path = join(await folder(tidy), "none", "state.json");
    const { file, seen, errors, health } = await opened(undefined, { path });
    file.set({ status: "UP" });
    await until("it was tried", () => errors.includes("state cannot be saved, it holds in memory"));
    expect(seen.at(-1)).toEqual({ status: "UP" });
    expect(health.part("file").problem?.remedy).toContain("at its next change");
  });

  test("reading again after a change that could not be written brings back the file", async () => {
    const path = join(await folder(tidy), "none", "state.json");
    const { file, seen } = await opened(undefined, { path });
    file.set({ status: "UP" });
    file.reread();
    await until("it was read again", () => seen.length === 3);
    expect(seen.map(({ status }) => status)).toEqual(["FAIL", "UP", "FAIL"]);
  });

  test("is read and then changed, where that is the order", async () => {
    const { file, path, seen } = await opened('{"status":"DOWN","weight":5}');
    await writeFile(path, '{"status":"DOWN","weight":50}');
    file.reread();
    file.set({ status: "UP" });
    await until("it was changed", () => seen.at(-1)?.status === "UP");
    expect(seen.at(-1)?.weight).toBe(50);
  });

  test("a change that was ordered just before the end is still written", async () => {
    const { file, path, stop } = await opened('{"status":"UP"}');
    file.set({ status: "DOWN" });
    await stop();
    expect(await readFile(path, "utf8")).toContain("DOWN");
  });

  test.each([
    ["default", { status: "FAIL" }],
    ["keep", { status: "DRAIN", weight: 5 }],
  ] as const)("where a lost file means `%s`, the state becomes %o", async (onBad, state) => {
    const { file, path, seen } = await opened('{"status":"DRAIN","weight":5}', { onBad });
    await unlink(path);
    file.reread();
    await until("it was read again", () => seen.length === 2);
    expect(seen[1]).toEqual(state);
  });
});

describe("a watched state file", () => {
  test("is read again when it is written, replaced, or made anew", async () => {
    const { path, seen } = await opened('{"status":"UP"}', { watch: true });
    const becomes = (status: string) => until(status, () => seen.at(-1)?.status === status);
    await writeFile(path, '{"status":"DRAIN"}');
    await becomes("DRAIN");
    await writeFile(`${path}.new`, '{"status":"MAINT"}');
    await rename(`${path}.new`, path);
    await becomes("MAINT");
    await unlink(path);
    await becomes("FAIL");
    await writeFile(path, '{"status":"UP"}');
    await becomes("UP");
  });

  test("a file that is broken from the start is complained of once", async () => {
    const { path, seen, errors } = await opened("{", { watch: true });
    await writeFile(path, '{"status":"UP"}');
    await until("it is good", () => seen.at(-1)?.status === "UP");
    expect(errors).toHaveLength(1);
  });

  test("our own writing is no news", async () => {
    const { file, path, seen } = await opened('{"status":"UP"}', { watch: true });
    file.set({ status: "DOWN" });
    await until("it is written", async () => (await readFile(path, "utf8")).includes("DOWN"));
    await writeFile(`${path}.new`, '{"status":"DRAIN"}');
    await rename(`${path}.new`, path);
    await until("the next one is read", () => seen.at(-1)?.status === "DRAIN");
    file.set({ status: "UP" });
    await until("the last one is taken", () => seen.at(-1)?.status === "UP");
    expect(seen.map(({ status }) => status)).toEqual(["UP", "DOWN", "DRAIN", "UP"]);
  });
});

describe("trying a state file", () => {
  test("says that it is missing, or what is wrong in it", async () => {
    const { file, path } = await opened('{"status":"UP"}');
    await expect(file.probe()).resolves.toBeUndefined();
    await writeFile(path, "{}");
    await expect(file.probe()).rejects.toMatchObject({ code: "data_refused" });
    await unlink(path);
    await expect(file.probe()).rejects.toMatchObject({ code: "file_missing" });
  });
});
