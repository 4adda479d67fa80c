import type { Problem } from "../../../core/problems.ts";
import type { Event } from "../event.ts";
import type { Headers } from "./headers.ts";
import type { JsonObject } from "./json.ts";

/** What is asked of a backend for an event. Layers do not change it: they pass on another one. */
export interface Call {
  /** The event behind it; none of its metadata is in the other fields unless a layer put it there. */
  readonly event: Event;
  /** Upper case; empty before a backend has set its own. */
  readonly method: string;
  /** What follows the host, with its placeholders filled in; empty before a backend has set its own. */
  readonly path: string;
  /** Empty until a host was chosen. */
  readonly url: string;
  readonly query: Readonly<Record<string, readonly string[]>>;
  /** Values for placeholders: `Resp0_id` is the `id` that the first backend of a sequence answered. */
  readonly params: Readonly<Record<string, string>>;
  readonly headers: Headers;
  readonly body: Buffer;
}

/** What a backend, or several merged, made of a call. A problem and data may stand side by side: a part has failed. */
export interface Answer {
  /** Undefined where there is none: the body was not decoded, or nothing came. */
  readonly data: JsonObject | undefined;
  /** False where a part is missing. That alone is no failure. */
  readonly complete: boolean;
  /** 0 where the status is not shown to later layers, as the peer does for decoded answers. */
  readonly status: number;
  readonly headers: Headers;
  /** The undecoded body of encoding `no-op`. */
  readonly body?: Buffer;
  /** Why it failed. Its class is the verdict on the event. */
  readonly problem?: Problem;
}

/** Never throws for what is outside: the problem stands on the answer. What it throws is a defect. */
export type Backend = (call: Call, signal: AbortSignal) => Promise<Answer>;

/** A feature of a backend: what it does before and after what lies within. */
export type Layer = (next: Backend) => Backend;

/** A failure with nothing else to say. */
export function failed(problem: Problem): Answer {
  return { data: undefined, complete: false, status: 0, headers: {}, problem };
}

/** Puts layers around a backend; the first one is the outermost. Those that are not configured are undefined. */
export function stacked(layers: readonly (Layer | undefined)[], innermost: Backend): Backend {
  return layers.reduceRight<Backend>((next, layer) => (layer ? layer(next) : next), innermost);
}
