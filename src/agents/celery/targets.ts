import type { Sink } from "../../core/delivery.ts";
import { FileSink } from "../../wire/ndjson.ts";
import type { LineConfig } from "./config.ts";
import { tlsFiles } from "./config-tls.ts";
import type { LeekConfig } from "./config-to.ts";
import type { Counts } from "./counts.ts";
import type { Document } from "./document.ts";
import { LeekSink } from "./leek.ts";
import { LeekApi } from "./leek-api.ts";
import { mergeAll } from "./merge.ts";

/** Where a subscription's documents go. */
export interface Target {
  /** What `app_env` says in each document. */
  readonly env: string;
  readonly sink: Sink<Document>;
  /** Resolves when the other side is ready to take documents. Throws a Problem. */
  greet(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
  /** Where there is something between being there and taking documents. */
  readonly steps?: {
    /** Resolves when the server is up at all. */
    reach(signal: AbortSignal): Promise<void>;
    /** Resolves when it would take our documents: organisation, application and key are right. */
    enter(signal: AbortSignal): Promise<void>;
  };
}

export function targetOf(config: LineConfig, counts: Counts): Target {
  const { leek, file } = config.to;
  if (leek) return leekTarget(leek, config.workers, counts);
  const { path, env } = file!;
  const lines = new FileSink<Document>({ path });
  const write: Sink<Document>["write"] = async (documents, signal) => {
    const merged = mergeAll(documents);
    await lines.write(
      merged.map(({ document }) => document),
      signal,
    );
    counts.posted(merged.length, documents.length);
  };
  return { env, sink: { write, probe: () => lines.probe() }, greet: async () => {}, close: async () => {} };
}

function leekTarget(leek: LeekConfig, workers: number, counts: Counts): Target {
  const { tls, level, env } = leek;
  const api = new LeekApi({ ...leek, connections: workers, tls: tls && tlsFiles(tls), proxy: process.env });
  const sink = new LeekSink({ api, level, counts, lanes: workers });
  const steps = {
    reach: (signal: AbortSignal) => api.greet(signal),
    enter: (signal: AbortSignal) => api.ready(signal),
  };
  return { env, sink, steps, greet: (signal) => sink.greet(signal), close: () => api.close() };
}
