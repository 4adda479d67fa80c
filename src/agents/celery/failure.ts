import { cutPoints } from "./text.ts";

/** What a document says of a failure. */
export interface Failure {
  readonly traceback: string;
  readonly lang: "python" | "unknown";
  readonly error: { readonly type: string; readonly message: string };
  readonly stack: readonly never[];
  readonly trace: { readonly raw: string; readonly text: string; readonly wc: string };
}

const LONGEST = 30_000;
const RETRY = "celery.exceptions.Retry";
const HEADER = /^[^\S\n]*Traceback \(most recent call last\):/m;
/** The last line of a traceback: a dotted name, a colon, and what the exception says. */
const LAST = /^\s*([^\W\d]\w*(?:\.[^\W\d]\w*)*):\s*(.*)$/u;

/** What can be read off a traceback. Source: leek §6.4. */
export function failureOf(traceback: string, exception: string | undefined): Failure {
  if (traceback.includes(`${RETRY}:`)) return retried(traceback, exception);
  const text = cutPoints(traceback, LONGEST);
  const python = HEADER.test(text);
  const [, type = "", message = ""] = (python && LAST.exec(text.trim().split("\n").at(-1)!)) || [];
  return {
    traceback: text,
    lang: python ? "python" : "unknown",
    error: { type, message },
    stack: [],
    trace: { raw: text, text, wc: text },
  };
}

/** A retry is no failure, and its traceback says little; it is kept uncut, as the peer does. */
function retried(traceback: string, exception: string | undefined): Failure {
  const text = cutPoints(`${RETRY}: ${exception ?? "None"}`, LONGEST);
  const error = { type: RETRY, message: cutPoints(exception ?? "", LONGEST) };
  return { traceback, lang: "python", error, stack: [], trace: { raw: text, text, wc: text } };
}
