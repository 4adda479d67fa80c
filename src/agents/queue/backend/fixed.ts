import type { FixedConfig } from "../config/layers.ts";
import type { Answer, Layer } from "./call.ts";
import type { JsonObject } from "./json.ts";

/** Puts data over the answer. A problem stays. Source: krakend-async §5.10. */
export function fixed({ data, when }: FixedConfig): Layer {
  const applies = conditions[when];
  return (next) => async (call, signal) => {
    const answer = await next(call, signal);
    return applies(answer) ? { ...answer, data: { ...answer.data, ...(data as JsonObject) } } : answer;
  };
}

const conditions: Record<FixedConfig["when"], (answer: Answer) => boolean> = {
  always: () => true,
  success: ({ problem }) => problem === undefined,
  errored: ({ problem }) => problem !== undefined,
  complete: ({ problem, complete }) => problem === undefined && complete,
  incomplete: ({ complete }) => !complete,
};
