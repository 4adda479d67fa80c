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
  const text = reason.replace(/[\u0000-\u0020\u007f]+/g, " ").trim();
  const bytes = Buffer.from(text);
  if (bytes.length <= LONGEST_REASON) return text;
  return new TextDecoder().decode(bytes.subarray(0, LONGEST_REASON)).replace(/\ufffd+$/, "");
}
