import { type ReadonlySignal, useSignal, useSignalEffect } from "@preact/signals";
import { useCallback, useEffect, useRef } from "preact/hooks";
import { ApiProblem, ask } from "../api/client.ts";
import { link } from "./link.ts";

/** What was asked for: nothing yet, an answer, or why there is none. The last answer stays while newer ones fail. */
export interface Answer<T> {
  readonly data?: T;
  readonly problem?: ApiProblem;
}

export interface Asking<T> {
  readonly answer: ReadonlySignal<Answer<T>>;
  /** Asks again now. */
  refresh(): Promise<void>;
}

/** Asks once, after each reconnection, and every so many milliseconds while the page is looked at. */
export function useAnswer<T>(fetch: () => Promise<T>, every: number, keys: readonly unknown[]): Asking<T> {
  const answer = useSignal<Answer<T>>({});
  const turn = useRef(0);
  const refresh = useCallback(async () => {
    const mine = ++turn.current;
    const next = await fetch().then(
      (data): Answer<T> => ({ data }),
      (error: unknown): Answer<T> => ({ ...answer.peek(), problem: asProblem(error) }),
    );
    // An answer that a later question has overtaken is old.
    if (mine === turn.current) answer.value = next;
  }, keys);
  useEffect(() => {
    answer.value = {};
    void refresh();
    if (every <= 0) return;
    const timer = setInterval(() => {
      if (document.visibilityState === "visible" && link.peek().state === "live") void refresh();
    }, every);
    return () => {
      turn.current++;
      clearInterval(timer);
    };
  }, [refresh]);
  useSignalEffect(() => {
    if (link.value.state === "live" && answer.peek().problem) void refresh();
  });
  return { answer, refresh };
}

export function useAsk<T>(path: string, every = 0): Asking<T> {
  return useAnswer(() => ask<T>(path), every, [path]);
}

export function asProblem(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error;
  return new ApiProblem(0, { message: error instanceof Error ? error.message : String(error) });
}
