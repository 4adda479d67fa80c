/** A cell of a row, and the column of its first character, counted from 1. */
export interface Cell {
  readonly text: string;
  readonly column: number;
}

export interface Row {
  /** The line on which it begins, counted from 1. */
  readonly line: number;
  readonly cells: readonly Cell[];
}

/**
 * Rows of tab-separated text as a Flecto Manager writes and reads them (Go's `encoding/csv`, with lazy quotes): a
 * cell may stand in quotes, and then hold tabs and line ends, and quotes when doubled. Empty lines are skipped.
 */
export function* tsvRows(text: string): Generator<Row, undefined> {
  let line = 1;
  for (let at = text.startsWith("\ufeff") ? 1 : 0; at < text.length; ) {
    const { cells, end, lines } = readRow(text, at);
    if (cells.length > 1 || cells[0]?.text !== "") yield { line, cells };
    line += lines;
    at = end;
  }
  return undefined;
}

/** A cell as such a file has it. */
export function tsvCell(text: string): string {
  return /["\t\r\n]|^\s/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function readRow(text: string, start: number): { cells: Cell[]; end: number; lines: number } {
  const cells: Cell[] = [];
  let lines = 1;
  for (let at = start; ; at++) {
    const cell = text[at] === '"' ? readQuoted(text, at) : readPlain(text, at);
    cells.push({ text: cell.text.trim(), column: at - start + 1 });
    lines += cell.lines;
    at = cell.end;
    if (text[at] !== "\t") return { cells, end: at + (text.startsWith("\r\n", at) ? 2 : 1), lines };
  }
}

interface Read {
  readonly text: string;
  /** Where the cell is over: at a tab, a line end, or the end of the text. */
  readonly end: number;
  /** How many line ends it holds. */
  readonly lines: number;
}

const PLAIN = /[^\t\n]*/y;

function readPlain(text: string, start: number): Read {
  PLAIN.lastIndex = start;
  const [cell] = PLAIN.exec(text)!;
  return { text: cell, end: start + cell.length, lines: 0 };
}

/** A quote that neither doubles nor ends the cell is a quote. */
function readQuoted(text: string, start: number): Read {
  let cell = "";
  let at = start + 1;
  for (let quote = text.indexOf('"', at); quote >= 0; quote = text.indexOf('"', at)) {
    cell += text.slice(at, quote);
    at = quote + 1;
    if (/^(?:\t|\r?\n|\r?$)/.test(text.slice(at, at + 2)))
      return { text: cell, end: at, lines: linesIn(cell) };
    cell += '"';
    if (text[at] === '"') at++;
  }
  cell += text.slice(at);
  return { text: cell, end: text.length, lines: linesIn(cell) };
}

function linesIn(text: string): number {
  return text.split("\n").length - 1;
}
