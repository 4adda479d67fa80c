import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { ConfigProblem, messageOf } from "../../../../core/problems.ts";

/** The files of a script as one text, and where each begins. */
export interface Sources {
  readonly code: string;
  /** What a line of the code is called in messages: `lib.lua:L3`. */
  place(line: number): string;
}

/**
 * Reads the files of a script. They are joined, as the peer does: a local of one is seen by the next.
 * @param md5 checksums in hexadecimal by path, or by the file's name
 * Throws ConfigProblem for a file that cannot be read or whose checksum is another.
 */
export async function readSources(
  paths: readonly string[],
  md5: Readonly<Record<string, string>>,
): Promise<Sources> {
  const texts = await Promise.all(paths.map((path) => readOne(path, md5[path] ?? md5[basename(path)])));
  const begins: number[] = [];
  let lines = 0;
  for (const text of texts) {
    begins.push(lines);
    lines += text.split("\n").length;
  }
  const place = (line: number) => {
    const at = begins.findLastIndex((begin) => begin < line);
    return `${basename(paths[at] ?? "sources")}:L${line - (begins[at] ?? 0)}`;
  };
  return { code: texts.join("\n"), place };
}

async function readOne(path: string, md5: string | undefined): Promise<string> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new ConfigProblem("config_unreadable", `cannot read the script ${path}: ${messageOf(cause)}`, {
      cause,
    });
  });
  const sum = createHash("md5").update(bytes).digest("hex");
  if (md5 === undefined || sum === md5.toLowerCase()) return bytes.toString();
  throw new ConfigProblem("config_invalid", `the script ${path} has the MD5 ${sum}, and not ${md5}`);
}
