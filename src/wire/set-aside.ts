import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { errnoOf, LinkProblem, messageOf } from "../core/problems.ts";

/** An item that was set aside, as people see it. */
export interface AsideItem {
  /** Names it when it is picked for a replay. The same text has the same id. */
  readonly id: string;
  /** When it was set aside, ISO 8601. */
  readonly at: string;
  readonly reason: string;
  readonly tries?: number;
  /** Its content, cut off where it is long. */
  readonly preview: string;
}

export interface AsideList {
  /** All there are. */
  readonly total: number;
  /** The newest of them, newest first. */
  readonly items: readonly AsideItem[];
}

/** Lines that are held at once, in characters: a few of them may be very long. */
const MOST_HELD = 8_000_000;

/** The id of a line of a file of rejected items. */
export function asideId(line: string): string {
  return createHash("sha256").update(line).digest("hex").slice(0, 16);
}

/**
 * Lists the newest items of a file that `FileSink` wrote; a file that is not there is empty.
 * @param show makes an item of a line; undefined for a line that is none. Throws LinkProblem if it cannot be read.
 */
export async function listAside(
  path: string,
  most: number,
  show: (line: string) => Omit<AsideItem, "id"> | undefined,
): Promise<AsideList> {
  const { total, newest } = await newestLines(path, most).catch((error: unknown) => {
    if (errnoOf(error) === "ENOENT") return { total: 0, newest: [] };
    throw new LinkProblem("file_missing", `cannot read ${path}: ${messageOf(error)}`, { cause: error });
  });
  const items = newest.reverse().map((line) => ({ id: asideId(line), ...(show(line) ?? unreadable(line)) }));
  return { total, items };
}

async function newestLines(path: string, most: number): Promise<{ total: number; newest: string[] }> {
  const newest: string[] = [];
  let [total, held] = [0, 0];
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: 0 })) {
    if (line === "") continue;
    total++;
    held += newest.push(line) && line.length;
    while (newest.length > most || (held > MOST_HELD && newest.length > 1)) held -= newest.shift()!.length;
  }
  return { total, newest };
}

function unreadable(line: string): Omit<AsideItem, "id"> {
  return { at: "", reason: "the line cannot be read", preview: shortened(line) };
}

/** So much of an item is shown, in characters. */
const MOST_SHOWN = 2_000;

export function shortened(text: string): string {
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}
