import type { SequenceConfig } from "../config/layers.ts";
import type { Answer, Backend, Call } from "./call.ts";
import { at } from "./json.ts";
import { inTime, joined, type Several, START } from "./merge.ts";
import { textOf } from "./text.ts";

/** A backend of a chain, and the text of its URL, where values of earlier answers may be asked for. */
export interface Link {
  readonly backend: Backend;
  readonly pattern: string;
}

/** A value of an earlier answer. */
interface Wanted {
  /** As layers see it: `Resp0_user.id`. */
  readonly name: string;
  readonly index: number;
  /** Empty for the whole raw body. */
  readonly path: readonly string[];
}

const IN_PATTERN = /\{\{\.(Resp\d+_[^{}]+)\}\}|\{(resp\d+_[^{}]+)\}/g;
const NAME = /^resp(\d+)(?:_(.+))?$/i;

/**
 * Calls one backend after the other, each with the event's own body. It stops at the first that fails, and at the
 * first answer that is incomplete, which alone is no failure. Source: krakend-async §5.9.
 */
export function chain(links: readonly Link[], config: SequenceConfig, timeout: number, go: boolean): Several {
  const wanted = links.map(({ pattern }) => [...namesIn(pattern), ...config.params].flatMap(wantedOf));
  return (call, signal) =>
    inTime(timeout, signal, async (inner) => {
      const answers: Answer[] = [];
      let params = call.params;
      let merged = START;
      for (const [index, { backend }] of links.entries()) {
        params = { ...found(wanted[index]!, answers, go), ...params };
        const answer = await backend({ ...call, params }, inner);
        merged = joined(merged, answer);
        if (answer.problem || !answer.complete) break;
        answers.push(answer);
      }
      return merged;
    });
}

function namesIn(pattern: string): string[] {
  return [...pattern.matchAll(IN_PATTERN)].map(([, go, ours]) => (go ?? ours)!);
}

function wantedOf(name: string): Wanted[] {
  const match = NAME.exec(name);
  if (!match) return [];
  const [, index, path] = match;
  return [
    { name: `R${name.slice(1)}`, index: Number(index), path: path === undefined ? [] : path.split(".") },
  ];
}

/** What is not there is left out, so that its placeholder stays. */
function found(wanted: readonly Wanted[], answers: readonly Answer[], go: boolean): Call["params"] {
  const params: Record<string, string> = {};
  for (const { name, index, path } of wanted) {
    const answer = answers[index];
    const value = path.length === 0 ? answer?.body?.toString("utf8") : at(answer?.data, path);
    if (value !== undefined) params[name] = textOf(value, go);
  }
  return params;
}
