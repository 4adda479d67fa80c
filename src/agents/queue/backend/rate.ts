import { LinkProblem } from "../../../core/problems.ts";
import type { RateConfig } from "../config/layers.ts";
import { Bucket } from "./bucket.ts";
import { failed, type Layer } from "./call.ts";
import type { Surroundings } from "./surroundings.ts";

/** Lets only so many calls through. The others fail, or wait within the time of their event. */
export function rate({ times, every, burst, pause }: RateConfig, { profile, gate }: Surroundings): Layer {
  const bucket = new Bucket((times * 1_000) / every, burst);
  if (pause) gate.add(() => bucket.wait());
  return (next) => async (call, signal) => {
    const token = profile.waits ? ((await bucket.take(signal)) ?? true) : bucket.allow();
    if (token) return next(call, signal);
    // Spelled as the peer spells it, because people look for it in logs.
    return failed(new LinkProblem("backend_busy", "rate limit exceded", { retryAfter: bucket.wait() }));
  };
}
