import type { SequenceConfig } from "../config/layers.ts";
import type { Answer, Backend, Call } from "./call.ts";
import { at, isObject, type Json } from "./json.ts";
import { inTime, joined, type Several } from "./merge.ts";
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
const IN_THEIRS = /\{\{\.(Resp\d+_[\w.-]+)\}\}/g;
const NAME = /^resp(\d+)(?:_(.+))?$/i;

/**
 * Calls one backend after the other, each with the event's own body. It stops at the first that fails, and at the
 * first answer that is incomplete, which alone is no failure. Source: krakend-async §5.9.
 */
export function chain(links: readonly Link[], config: SequenceConfig, timeout: number, go: boolean): Several {
  const wanted = links.map(({ pattern }) => [...namesIn(pattern, go), ...config.params].flatMap(wantedOf));
  return (call, signal) =>
    inTime(timeout, signal, async (inner) => {
      const answers: Answer[] = [];
      let params = call.params;
      let merged: Answer | undefined;
      for (const [index, { backend }] of links.entries()) {
        params = { ...found(wanted[index]!, answers, go), ...params };
        const answer = await backend({ ...call, params }, inner);
        merged = joined(merged, answer);
        if (answer.problem || !answer.complete) break;
        answers.push(answer);
        if (go) share(answers, merged);
      }
      return merged!;
    });
}

function namesIn(pattern: string, go: boolean): string[] {
  return [...pattern.matchAll(go ? IN_THEIRS : IN_PATTERN)].map(([, go, ours]) => (go ?? ours)!);
}

function wantedOf(name: string): Wanted[] {
  const match = NAME.exec(name);
  if (!match) return [];
  const [, index, path] = match;
  return [
    { name: `R${name.slice(1)}`, index: Number(index), path: path === undefined ? [] : path.split(".") },
  ];
}

/** The peer merges into the data of the first answer that has some, and finds all of it under that one's number. */
function share(answers: Answer[], { data }: Answer): void {
  const first = answers.findIndex((answer) => answer.data);
  if (first >= 0) answers[first] = { ...answers[first]!, data };
}

/** What is not there is left out, so that its placeholder stays. */
function found(wanted: readonly Wanted[], answers: readonly Answer[], go: boolean): Call["params"] {
  const params: Record<string, string> = {};
  for (const { name, index, path } of wanted) {
    const answer = answers[index];
    const inside = go ? reached : at;
    const value = path.length === 0 ? answer?.body?.toString("utf8") : inside(answer?.data, path);
    if (value !== undefined) params[name] = textOf(value, go);
  }
  return params;
}

/** The peer stops where a step leads to no object, and looks for the last one there. Source: `sequentialMerge` of Lura. */
function reached(data: Json | undefined, path: readonly string[]): Json | undefined {
  let here = data;
  for (const key of path.slice(0, -1)) {
    const inner = at(here, [key]);
    if (!isObject(inner)) break;
    here = inner;
  }
  return at(here, path.slice(-1));
}
