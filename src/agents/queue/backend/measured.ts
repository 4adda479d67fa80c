import { Problem } from "../../../core/problems.ts";
import type { Layer } from "./call.ts";
import type { ExchangeLayer } from "./exchange.ts";
import type { Surroundings } from "./surroundings.ts";

/** Tells how long each request took, and the class of its status (`2xx`), or the code of what went wrong. */
export function timed(name: string, around: Surroundings): ExchangeLayer {
  return (next) => async (request, signal) => {
    const begun = performance.now();
    const tell = (result: string) => around.called(name, performance.now() - begun, result);
    try {
      const response = await next(request, signal);
      tell(`${Math.floor(response.status / 100)}xx`);
      return response;
    } catch (error) {
      if (error instanceof Problem) tell(error.code);
      throw error;
    }
  };
}

/** The same for a backend without HTTP: `ok`, or the code of what went wrong. */
export function timedCall(name: string, around: Surroundings): Layer {
  return (next) => async (call, signal) => {
    const begun = performance.now();
    const answer = await next(call, signal);
    around.called(name, performance.now() - begun, answer.problem?.code ?? "ok");
    return answer;
  };
}
