/** Outrider as a library: run a whole configuration, or single agents inside your own program. */

export type {
  Action,
  Adapted,
  Adapter,
  AdapterInput,
  Agent,
  AgentKind,
  Claim,
  Codec,
  Host,
  Neighbours,
  Note,
  SpoolLimits,
} from "./core/agent.ts";
export { action, defineAgent } from "./core/agent.ts";
export type { Backoff } from "./core/backoff.ts";
export type { Doors, HttpTenant, SocketTenant, Tenancy, Tenant } from "./core/doors.ts";
export type { Feed, Link } from "./core/feed.ts";
export type { Health, HealthReport, PartReport } from "./core/health.ts";
export type { Life } from "./core/life.ts";
export type { Log } from "./core/log.ts";
export type { MetricSpec, Metrics } from "./core/metrics.ts";
export type { Delivery, Outcome, Sink } from "./core/pipeline.ts";
export { Pipeline } from "./core/pipeline.ts";
export {
  ConfigProblem,
  DeniedProblem,
  LinkProblem,
  PartialProblem,
  Problem,
  RejectedProblem,
} from "./core/problems.ts";
export type { Revision, Snapshot } from "./core/replica.ts";
export { Replica } from "./core/replica.ts";
export { type CreateOptions, createOutrider } from "./runtime/create.ts";
export { type Embedded, type EmbedOptions, embed } from "./runtime/embed.ts";
