import { vectors } from "../../tools/vectors.ts";

/** What was recorded from hapgent and HAProxy; the file explains itself under `meta`. */
export interface Recorded {
  readonly meta: { readonly haproxy_versions: Readonly<Record<string, string>> };
  readonly vectors: readonly ReplyVector[];
  readonly hapgent: {
    readonly state_files: readonly StateFileVector[];
    readonly signals: readonly SignalStep[];
  };
}

/** One character per byte; long ones as a pattern. */
export type Bytes =
  | string
  | { readonly prefix: string; readonly repeat: string; readonly times: number; readonly suffix: string };

export interface StateFileVector {
  readonly file?: string;
  readonly file_pattern?: Exclude<Bytes, string>;
  readonly accepted: boolean;
  readonly reply: string;
}

/** One step of hapgent's life; each continues where the last one ended. */
export interface SignalStep {
  /** The state file before the first step, in words: `READY 90 maxconn 2000`. */
  readonly state?: string;
  readonly do: string;
  readonly reply: string | null;
  /** The file afterwards: its bytes, or a remark. */
  readonly file?: string;
}

export interface ReplyVector {
  readonly id: string;
  readonly group: string;
  readonly racy?: string;
  readonly server?: Readonly<Record<string, string | number>>;
  readonly replies_before?: readonly string[];
  readonly cli_before?: readonly string[];
  readonly cli_after?: readonly string[];
  /** A text says that there was no agent at all. */
  readonly reply: ScriptedReply | string;
  readonly result: Result;
  readonly differs?: Readonly<Record<string, Partial<Result>>>;
}

/** What the scripted agent did on each connection. */
export interface ScriptedReply {
  readonly send?: Bytes;
  readonly send_parts?: readonly { readonly wait_ms: number; readonly bytes: string }[];
  readonly then: string;
  readonly reads_payload_first?: boolean;
}

export interface Result {
  readonly op_state: string;
  readonly admin_state: string;
  readonly uweight: number;
  readonly maxconn: number | null;
  readonly agent_status: string;
  readonly last_agt: string;
}

export const recorded = vectors<Recorded>("haproxy-agent-replies.json");

/** The bytes that a recorded text stands for. */
export function bytesOf(text: Bytes): Buffer {
  if (typeof text === "string") return Buffer.from(text, "latin1");
  return Buffer.from(text.prefix + text.repeat.repeat(text.times) + text.suffix, "latin1");
}

/** What is said before an answer in question, unless a vector says otherwise. */
export const BASELINE = "ready up 100% maxconn:50\n";

/** What a vector should look like in a version of HAProxy: that of the newest recorded one that is not newer. */
export function expected({ result, differs = {} }: ReplyVector, version: string): Result {
  const known = Object.keys(recorded.meta.haproxy_versions).sort(byVersion);
  const like = known.findLast((each) => byVersion(each, version) <= 0) ?? known[0]!;
  const { op_state, admin_state, uweight, maxconn, agent_status, last_agt } = { ...result, ...differs[like] };
  return { op_state, admin_state, uweight, maxconn, agent_status, last_agt };
}

function byVersion(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}
