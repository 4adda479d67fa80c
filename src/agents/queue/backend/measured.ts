import type { Layer } from "./call.ts";
import type { Surroundings } from "./surroundings.ts";

/** Tells how long each call took and how it ended. */
export function measured(name: string, around: Surroundings): Layer {
  return (next) => async (call, signal) => {
    const begun = performance.now();
    const answer = await next(call, signal);
    around.called(name, performance.now() - begun, answer.problem?.code ?? "ok");
    return answer;
  };
}
