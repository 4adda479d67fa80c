import { appendFileSync, readdirSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { folder as freshFolder } from "../../../test/tools/folder.ts";
import { Tidy } from "../../../test/tools/tidy.ts";
import type { LinkProblem } from "../../core/problems.ts";
import { Ledger } from "./ledger.ts";
import type { FleetRecord } from "./record.ts";

const tidy = new Tidy();

/** A ledger in a folder, what stood in it, and how to open it again. */
async function open(folder: string, whole: () => FleetRecord[] = () => []) {
  const found: FleetRecord[] = [];
  const told: (LinkProblem | undefined)[] = [];
  const options = { folder, whole, told: (problem: LinkProblem | undefined) => void told.push(problem) };
  const ledger = await Ledger.open(options, (record) => found.push(record));
  return { ledger, found, told };
}

const seen = (number: number): FleetRecord => ({ seen: { edge: number } });
const bytesIn = (folder: string) =>
  readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);

describe("the ledger", () => {
  it("tells at the next start what was written", async () => {
    const folder = await freshFolder(tidy);
    const { ledger } = await open(folder);
    for (let i = 0; i < 100; i++) ledger.write(seen(i));
    await ledger.close();
    const again = await open(folder);
    expect(again.found).toEqual(Array.from({ length: 100 }, (_, i) => seen(i)));
    await again.ledger.close();
  });

  it.each([
    ["cut short", (file: string) => truncateSync(file, statSync(file).size - 3)],
    ["followed by rubbish", (file: string) => appendFileSync(file, Buffer.from("\x10\0\0\0rubbish"))],
    ["followed by zeros", (file: string) => appendFileSync(file, Buffer.alloc(4_096))],
  ])("loses at most the last record when it is %s, and goes on", async (_, spoil) => {
    const folder = await freshFolder(tidy);
    const { ledger } = await open(folder);
    for (let i = 0; i < 10; i++) ledger.write(seen(i));
    await ledger.close();
    spoil(join(folder, readdirSync(folder)[0]!));
    const second = await open(folder);
    expect(second.found.length).toBeGreaterThanOrEqual(9);
    second.ledger.write(seen(99));
    await second.ledger.close();
    const third = await open(folder);
    expect(third.found).toEqual([...second.found, seen(99)]);
    await third.ledger.close();
  });

  it("stays small however much happens, and holds all there is", async () => {
    const folder = await freshFolder(tidy);
    let last = 0;
    const { ledger } = await open(folder, () => [{ seen: { whole: last } }]);
    for (let i = 0; i < 60_000; i++) {
      last = i;
      ledger.write({ seen: { edge: i, filler: i, more: i, andMore: i } });
      if (i % 1_000 === 0) await ledger.flushed();
    }
    await ledger.close();
    expect(bytesIn(folder)).toBeLessThan(2 * 2 ** 20);
    const again = await open(folder);
    const state: Record<string, number> = {};
    for (const record of again.found) if ("seen" in record) Object.assign(state, record.seen);
    expect(state["edge"]).toBe(59_999);
    expect(state["whole"]).toBeGreaterThan(0);
    await again.ledger.close();
  });

  it("says when the folder cannot be used", async () => {
    const file = join(await freshFolder(tidy), "no-folder");
    writeFileSync(file, "");
    await expect(open(file)).rejects.toMatchObject({ code: "state_unwritable" });
  });
});
