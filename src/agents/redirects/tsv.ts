import { RejectedProblem } from "../../core/problems.ts";
import { patternMistake } from "./regex/parse.ts";
import { codeOf, type Rule, RuleSet, statusOf } from "./rules.ts";
import { type Cell, type Row, tsvCell, tsvRows } from "./tsv-rows.ts";

const COLUMNS = ["type", "source", "target", "status"];
const TYPES = ["BASIC", "BASIC_HOST", "REGEX", "REGEX_HOST"];
const NAMES = ["MOVED_PERMANENT", "FOUND", "TEMPORARY_REDIRECT", "PERMANENT_REDIRECT"];
const NUMBERS = ["301", "302", "307", "308"];
/** So many mistakes are listed; all are counted. */
const MOST_LISTED = 1_000;

/**
 * Reads a Flecto Manager's export: tab-separated, with a header row. As the Manager's own import it takes types and
 * status names in any case, and numbers for statuses. Throws RejectedProblem with the place of every mistake.
 */
export function readTsv(text: string, file: string): RuleSet {
  const rows = tsvRows(text);
  const header = rows.next().value;
  if (header?.cells.map((cell) => cell.text.toLowerCase()).join("\t") !== COLUMNS.join("\t")) {
    const message = `${file}:1:1  the first row must be: ${COLUMNS.join(", ")}, between tabs`;
    throw new RejectedProblem("data_refused", message);
  }
  const rules = new RuleSet();
  const mistakes: string[] = [];
  for (const row of rows) {
    const wrong = addRow(row, rules);
    if (wrong) mistakes.push(`${file}:${row.line}:${wrong.column}  ${wrong.message}`);
  }
  if (mistakes.length === 0) return rules;
  const more = mistakes.length > MOST_LISTED ? [`… ${mistakes.length} bad rows in all`] : [];
  throw new RejectedProblem("data_refused", [...mistakes.slice(0, MOST_LISTED), ...more].join("\n"));
}

/** Rules as such a file. What a Manager would not take is left out: 410, 451, time windows, unknown types. */
export function writeTsv(rules: RuleSet): string {
  const rows = [...rules].filter(isTaken).map(({ type, source, target, code }) => {
    return [type, source, target, statusOf(code)].map(tsvCell).join("\t");
  });
  return `${[COLUMNS.join("\t"), ...rows].join("\n")}\n`;
}

function isTaken({ type, source, target, code, window }: Rule): boolean {
  return TYPES.includes(type) && source !== "" && target !== "" && code < 400 && !window;
}

interface Mistake {
  readonly column: number;
  readonly message: string;
}

/** @returns what is wrong with the row */
function addRow({ cells }: Row, rules: RuleSet): Mistake | undefined {
  const [type, source, target, status] = cells;
  if (!type || !source || !target || !status || cells.length !== COLUMNS.length)
    return { column: 1, message: `expected ${COLUMNS.length} columns, found ${cells.length}` };
  const wrong = wrongIn(type, source, target, status);
  if (wrong) return wrong;
  const name = status.text.toUpperCase();
  const known = NUMBERS.includes(name) ? statusOf(Number(name)) : name;
  const kind = type.text.toUpperCase();
  rules.add({ type: kind, source: source.text, target: target.text, status: known, code: codeOf(known) });
  return undefined;
}

function wrongIn(type: Cell, source: Cell, target: Cell, status: Cell): Mistake | undefined {
  const at = ({ column }: Cell, message: string) => ({ column, message });
  if (!TYPES.includes(type.text.toUpperCase()))
    return at(type, `"${type.text}" is no type, write one of ${TYPES.join(", ")}`);
  if (source.text === "") return at(source, "the source is empty");
  if (target.text === "") return at(target, "the target is empty");
  if (![...NAMES, ...NUMBERS].includes(status.text.toUpperCase()))
    return at(status, `"${status.text}" is no status, write one of ${NAMES.join(", ")}`);
  const mistake = /^REGEX/i.test(type.text) ? patternMistake(source.text) : undefined;
  return mistake === undefined ? undefined : at(source, mistake);
}
