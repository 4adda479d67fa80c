/** The conformance suites, for authors of kinds and drivers. Any test runner can run them; see `Law`. */
export { type AdapterSubject, adapterLaws } from "./adapter.ts";
export { type AgentSubject, agentLaws } from "./agent.ts";
export { type FeedSubject, feedLaws } from "./feed.ts";
export { type Law, type Make, patience, type Subject } from "./law.ts";
export { type SinkSubject, sinkLaws } from "./sink.ts";
export { type SnapshotSubject, snapshotLaws } from "./snapshot.ts";
export { type SourceSubject, sourceLaws } from "./source.ts";
export { type SpoolSubject, spoolLaws } from "./spool.ts";
