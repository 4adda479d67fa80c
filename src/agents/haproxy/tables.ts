/** What HAProxy shows of itself, as rows of named texts. */
export type Row = Readonly<Record<string, string>>;

/** A field of CSV and what ends it; a quoted one may hold commas, line ends and doubled quotes. */
const FIELD = /(?:"((?:[^"]|"")*)"|([^,\n]*))(,|\n|$)/y;

/** Reads the CSV of `show stat` or of the statistics page. Throws an Error for text that is none. */
export function parseStats(text: string): Row[] {
  const [head, ...lines] = records(text.trimEnd());
  const names = head?.map((name) => name.replace(/^# /, "")) ?? [];
  if (names[0] !== "pxname") throw new Error("this is no statistics CSV of HAProxy");
  return lines.filter((fields) => fields.length > 1).map((fields) => rowOf(names, fields));
}

/** Reads `show servers state`, format 1. Throws an Error for text that is none. */
export function parseServersState(text: string): Row[] {
  const [version, head = "", ...lines] = text.split("\n");
  if (version !== "1" || !head.startsWith("# be_id ")) throw new Error("this is no server state of HAProxy");
  const names = head.slice(2).split(" ");
  return lines.filter((line) => line !== "").map((line) => rowOf(names, line.split(" ")));
}

function rowOf(names: readonly string[], fields: readonly string[]): Row {
  return Object.fromEntries(names.map((name, at) => [name, fields[at] ?? ""]));
}

function records(text: string): string[][] {
  const all: string[][] = [];
  let fields: string[] = [];
  FIELD.lastIndex = 0;
  for (let end = ","; end !== ""; ) {
    const [, quoted, plain = "", mark = ""] = FIELD.exec(text) ?? [];
    fields.push(quoted?.replaceAll('""', '"') ?? plain);
    end = mark;
    if (end === ",") continue;
    all.push(fields);
    fields = [];
  }
  return all;
}
