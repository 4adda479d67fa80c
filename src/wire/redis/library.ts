import { onDemand } from "../../config/on-demand.ts";

/** Redis's own client library. It is large, and most processes have no Redis. */
export const redis = onDemand<typeof import("redis")>("redis");
