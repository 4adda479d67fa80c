import { type State, standingOf } from "./state.ts";

/** HAProxy keeps at most 127 bytes of an answer's text; this leaves room for the words before it. */
const LONGEST_REASON = 100;

/** hapgent's answer, byte for byte: `READY 90% maxconn:2000`. */
export function hapgentLine({ status, weight, maxconn }: State): string {
  const percent = weight === undefined ? "" : ` ${weight}%`;
  const limit = maxconn === undefined ? "" : ` maxconn:${maxconn}`;
  return `${status}${percent}${limit}\n`;
}

export interface CompleteOptions {
  /** Say `ready`, which ends any drain or maintenance, also one that an operator set. */
  readonly ready: boolean;
  /** What maxconn goes back to when none is stated; undefined says nothing then. */
  readonly maxconn: number | undefined;
}

/**
 * An answer that says everything each time, because HAProxy resets nothing by omission: health, admin state,
 * weight, and maxconn where it is known.
 */
export function completeLine(state: State, options: CompleteOptions): string {
  const { health, admin } = standingOf(state.status);
  const words: string[] = [health];
  if (admin !== "ready") words.push(admin);
  else if (options.ready) words.push("ready");
  words.push(`${state.weight ?? 100}%`);
  const maxconn = state.maxconn ?? options.maxconn;
  if (maxconn !== undefined) words.push(`maxconn:${maxconn}`);
  const reason = cleanReason(state.reason);
  // The blank before `#` matters: inside a word it is an ordinary character.
  return `${words.join(" ")}${reason === "" ? "" : ` #${reason}`}\n`;
}

/** One short line without control characters, cut between characters. */
export function cleanReason(reason = ""): string {
  const text = reason.replace(/[\u0000-\u001f\u007f]+/g, " ").trim();
  const bytes = Buffer.from(text);
  if (bytes.length <= LONGEST_REASON) return text;
  return new TextDecoder().decode(bytes.subarray(0, LONGEST_REASON)).replace(/\ufffd+$/, "");
}

/** What HAProxy makes of an answer (its manual, 5.2 "agent-check", and its behaviour). */
export interface Understood {
  readonly health?: "up" | "down";
  readonly admin?: "ready" | "drain" | "maint";
  readonly weight?: string;
  readonly maxconn?: string;
  readonly unknown?: string;
  readonly description?: string;
}

/**
 * Reads an answer with HAProxy's grammar: words between blanks, tabs and commas up to the first line end; in each
 * class the last word wins; `#` begins a description only where a word could begin.
 * @returns undefined for a line that never ended, which HAProxy ignores
 */
export function understand(answer: string): Understood | undefined {
  const line = /^[^\r\n\0]*(?=[\r\n])/.exec(answer)?.[0];
  if (line === undefined) return undefined;
  const found: { -readonly [K in keyof Understood]: Understood[K] } = {};
  const comment = /(?:^|[ \t,])#[ \t]*(.*)$/s.exec(line);
  if (comment) found.description = comment[1] ?? "";
  const said = comment ? line.slice(0, comment.index) : line;
  for (const word of said.split(/[ \t,]+/).filter(Boolean)) take(word, found);
  return found;
}

function take(word: string, found: { -readonly [K in keyof Understood]: Understood[K] }): void {
  const lower = word.toLowerCase();
  if (lower === "up") found.health = "up";
  else if (lower === "down" || lower === "fail" || lower === "stopped") found.health = "down";
  else if (lower === "ready" || lower === "drain" || lower === "maint") found.admin = lower;
  else if (/^\d.*%/.test(word)) found.weight = word;
  else if (lower.startsWith("maxconn:")) found.maxconn = word.slice(8);
  else if (lower.startsWith("weight:")) found.weight = word.slice(7);
  else found.unknown ??= word;
}
