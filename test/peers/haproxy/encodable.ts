import { completeLine, hapgentLine } from "../../../src/agents/haproxy/line.ts";
import { type State, words } from "../../../src/agents/haproxy/state.ts";
import { formatState, parseState } from "../../../src/agents/haproxy/state-json.ts";
import { understand } from "../../../src/agents/haproxy/understand.ts";
import { BASELINE, bytesOf, type ReplyVector } from "./recorded.ts";

/** Three ways to configure an agent; each has answers of its own. */
export const speakers = {
  hapgent: { mode: "hapgent" },
  complete: { mode: "complete", ready: "never" },
  ready: { mode: "complete", ready: "always" },
} as const;

export type Speaker = keyof typeof speakers;

const encoders: Record<Speaker, (state: State) => string> = {
  hapgent: hapgentLine,
  complete: (state) => completeLine(state, { ready: false, maxconn: undefined }),
  ready: (state) => completeLine(state, { ready: true, maxconn: undefined }),
};

/** The states that make one of our agents say, one after the other, what a vector's agent said. */
export interface Encoded {
  readonly speaker: Speaker;
  readonly states: readonly State[];
}

/** @returns undefined where none of our agents would ever say that */
export function encoded({ reply, replies_before = [] }: ReplyVector): Encoded | undefined {
  if (typeof reply === "string" || reply.send === undefined || reply.then.startsWith("keep"))
    return undefined;
  // A fresh HAProxy is as the baseline would make it.
  const before = replies_before[0] === BASELINE ? replies_before.slice(1) : replies_before;
  const answers = [...before, bytesOf(reply.send).toString("latin1")];
  for (const speaker of Object.keys(speakers) as Speaker[]) {
    const states = answers.map((answer) => stateFor(answer, speaker));
    if (states.every((state) => state !== undefined)) return { speaker, states };
  }
  return undefined;
}

/** The state in which a speaker says an answer; letters' case and the order of words mean nothing to HAProxy. */
function stateFor(answer: string, speaker: Speaker): State | undefined {
  const { weight, maxconn, description } = understand(answer) ?? {};
  const given: Omit<State, "status"> = {
    ...(weight !== undefined && { weight: Number.parseInt(weight, 10) }),
    ...(maxconn !== undefined && { maxconn: Number(maxconn) }),
    ...(description && { reason: description }),
  };
  const wanted = wordsOf(answer);
  const status = words.find((word) => wordsOf(encoders[speaker]({ status: word, ...given })) === wanted);
  const state = status && { status, ...given };
  return state && fileOf(state, speaker) !== undefined ? state : undefined;
}

/** The state file that makes a speaker say a state; undefined for a state that no file can hold. */
export function fileOf(state: State, speaker: Speaker): string | undefined {
  const wide = speaker !== "hapgent";
  const text = formatState(state, wide);
  try {
    parseState(Buffer.from(text), wide);
    return text;
  } catch {
    return undefined;
  }
}

/** The words of one whole line, in an order of their own, and its description. */
function wordsOf(answer: string): string | undefined {
  const [, line] = /^([^\r\n\0]{0,1000})\r?\n$/.exec(answer.toLowerCase()) ?? [];
  const [said = "", description = ""] = line?.split("#") ?? [];
  const all = said.split(/[ \t,]+/).filter(Boolean);
  // Of all our words `READY` says least: where nothing was drained before, it is as good as none.
  const named = all.some((word) => /^[a-z]+$/.test(word)) ? all : ["ready", ...all];
  return line === undefined ? undefined : `${named.sort().join(" ")}#${description}`;
}
