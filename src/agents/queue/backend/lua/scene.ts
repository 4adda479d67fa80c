import type { Problem } from "../../../../core/problems.ts";
import type { Headers } from "../headers.ts";
import { Failure, type Json, type JsonObject, LosslessNumber } from "../json.ts";
import type { Items } from "./items.ts";

/** A script is over its limit. It passes through the script, which cannot catch it. */
export class Overrun extends Error {
  override readonly name = "Overrun";
}

/** The request as the script sees and changes it. */
export interface RequestDraft {
  method: string;
  path: string;
  url: string;
  query: Readonly<Record<string, readonly string[]>>;
  params: Readonly<Record<string, string>>;
  headers: Headers;
  body: Buffer;
}

/** The answer as the script sees and changes it. */
export interface AnswerDraft {
  complete: boolean;
  status: number;
  /** Made when it is asked for: a copy of the data, which the script may change. */
  data: JsonObject | undefined;
  readonly given: JsonObject | undefined;
  headers: Headers;
  body: Buffer | undefined;
}

/** A request that a script makes by itself. */
export interface Question {
  readonly url: string;
  readonly method: string;
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, readonly string[]>>;
}

/** What came of it. A class, so that nobody takes it for data. */
export class Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;

  constructor(status: number, headers: Headers, body: Buffer) {
    this.status = status;
    this.headers = headers;
    this.body = body;
  }
}

/** What scripts can hold on to. */
export type Thing = JsonObject | Items | Reply | null;

/** All that the scripts of one event see: nothing in it belongs to another event. */
export class Scene {
  readonly request: RequestDraft;
  /** Undefined before the answer is there. */
  response: AnswerDraft | undefined;
  /** The text of `custom_error`, which is told as it is. */
  custom: string | undefined;
  /** Why a request of the script itself failed. */
  trouble: Problem | undefined;
  /** What the script waits for. */
  pending: Promise<void> | undefined;
  readonly #things: Thing[] = [];
  readonly #ids = new Map<Thing, number>();
  readonly #ask: (question: Question) => Promise<Reply>;
  #allowance: number;

  /** @param allowance how many bytes a script may set aside outside of Lua, in texts and bodies */
  constructor(request: RequestDraft, ask: (question: Question) => Promise<Reply>, allowance: number) {
    this.request = request;
    this.#ask = ask;
    this.#allowance = allowance;
  }

  /** The number of a thing; the same thing has the same number. */
  hold(thing: Thing): number {
    const known = this.#ids.get(thing);
    if (known !== undefined) return known;
    this.charge(64);
    this.#ids.set(thing, this.#things.push(thing));
    return this.#things.length;
  }

  held(id: number): Thing | undefined {
    return this.#things[id - 1];
  }

  /** Throws Overrun. */
  charge(bytes: number): void {
    this.#allowance -= bytes;
    if (this.#allowance < 0) throw new Overrun("used more memory than it may");
  }

  /** Begins a request; its reply is held under the number that is returned, or null where there was none. */
  ask(question: Question): number {
    const slot = this.#things.push(null);
    this.pending = this.#ask(question).then(
      (reply) => {
        this.#things[slot - 1] = reply;
      },
      (problem: Problem) => {
        this.trouble = problem;
      },
    );
    return slot;
  }
}

/** A copy that may be changed without harm to the original. */
export function copyOf<T extends Json>(value: T): T {
  if (Array.isArray(value)) return value.map(copyOf) as T;
  if (value === null || typeof value !== "object" || value instanceof LosslessNumber) return value;
  if (value instanceof Failure) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, copyOf(inner)])) as T;
}
