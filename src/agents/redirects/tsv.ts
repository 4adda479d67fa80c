import { RejectedProblem } from "../../core/problems.ts";
import { codeOf, RuleSet, statusOf } from "./rules.ts";

const COLUMNS = ["type", "source", "target", "status"];
const TYPES = ["BASIC", "BASIC_HOST", "REGEX", "REGEX_HOST"];
const NAMES = ["MOVED_PERMANENT", "FOUND", "TEMPORARY_REDIRECT", "PERMANENT_REDIRECT"];
const NUMBERS = ["301", "302", "307", "308"];
/** So many mistakes are listed; all are counted. */
const MOST_LISTED = 1_000;

/** Reads a Flecto Manager's export: tab-separated, with a header row. Throws RejectedProblem with every bad row. */
export function readTsv(text: string, file: string): RuleSet {
  const lines = text.replace(/^\ufeff/, "").split(/\r?\n/);
  const header = (lines[0] ?? "").toLowerCase().split("\t");
  if (header.join() !== COLUMNS.join()) {
    throw new RejectedProblem(
      "data_refused",
      `${file}:1:1  the first row must be: ${COLUMNS.join(", ")}, between tabs`,
    );
  }
  const rules = new RuleSet();
  const mistakes: string[] = [];
  for (const [index, line] of lines.entries()) {
    if (index === 0 || line === "") continue;
    const wrong = addRow(line.split("\t"), rules);
    if (wrong) mistakes.push(`${file}:${index + 1}:1  ${wrong}`);
  }
  if (mistakes.length === 0) return rules;
  const more = mistakes.length > MOST_LISTED ? [`… ${mistakes.length} bad rows in all`] : [];
  throw new RejectedProblem("data_refused", [...mistakes.slice(0, MOST_LISTED), ...more].join("\n"));
}

/** Rules as such a file; what the format cannot say (410, 451, time windows) is left out. */
export function writeTsv(rules: RuleSet): string {
  const rows = [...rules]
    .filter(({ code, window }) => code < 400 && !window)
    .map(({ type, source, target, status }) => [type, source, target, status].join("\t"));
  return `${[COLUMNS.join("\t"), ...rows].join("\n")}\n`;
}

/** @returns what is wrong with the row */
function addRow(row: readonly string[], rules: RuleSet): string | undefined {
  const [type = "", source = "", target = "", status = ""] = row;
  if (row.length !== 4) return `expected 4 columns, found ${row.length}`;
  if (!TYPES.includes(type)) return `"${type}" is no type, write one of ${TYPES.join(", ")}`;
  if (source === "") return "the source is empty";
  if (target === "") return "the target is empty";
  if (!NAMES.includes(status) && !NUMBERS.includes(status))
    return `"${status}" is no status, write one of ${NAMES.join(", ")}`;
  const name = NUMBERS.includes(status) ? statusOf(Number(status)) : status;
  rules.add({ type, source, target, status: name, code: codeOf(name) });
  return undefined;
}
