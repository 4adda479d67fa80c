import { z } from "zod";
import { type Action, action } from "./agent.ts";

const nothing = z.strictObject({});

/** An action that needs no input. */
export function simply<A>(summary: string, run: (agent: A) => unknown): Action<A> {
  return action<A, typeof nothing>({ summary, input: nothing, run });
}
