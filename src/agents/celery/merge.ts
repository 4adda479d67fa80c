import type { Document } from "./document.ts";

/** Fields that a state owns. Source: leek §6.5. */
const own: Readonly<Record<string, readonly string[]>> = {
  QUEUED: ["queued_at", "exchange", "routing_key", "queue", "client"],
  RECEIVED: ["received_at"],
  STARTED: ["started_at"],
  RETRY: ["retried_at"],
  SUCCEEDED: ["succeeded_at", "result", "runtime"],
  FAILED: ["failed_at"],
  REJECTED: ["rejected_at", "requeue"],
  REVOKED: ["revoked_at", "terminated", "expired", "signum"],
  ONLINE: ["online_at"],
  OFFLINE: ["offline_at"],
  HEARTBEAT: ["last_heartbeat_at", "processed", "active", "freq", "loadavg"],
};

/** What both the client that sends a task and the worker that receives it know. */
const sentAndReceived = [
  ...["name", "name_parts", "args", "kwargs", "root_id", "parent_id", "eta", "expires", "retries"],
  ...Array.from({ length: 10 }, (_, index) => `args_${index}`),
  "kwargs_flattened",
];
const failure = ["exception", "traceback", "lang", "error", "stack", "trace"];

const terminal = new Set(["SUCCEEDED", "FAILED", "REJECTED", "REVOKED", "RECOVERED", "CRITICAL"]);
const introduces = new Set(["QUEUED", "RECEIVED"]);

/** A task that came to an end after it was tried again. */
const afterRetry: Readonly<Record<string, Document["state"]>> = {
  FAILED: "CRITICAL",
  SUCCEEDED: "RECOVERED",
};

/** So many states of a task are remembered, besides the newest. */
const MOST_EVENTS = 20;

/**
 * Takes a later document of the same task or worker into an earlier one, which is changed. Later means that it arrived
 * later; by its own clock it may be older.
 */
export function merge(into: Document, next: Document): void {
  const { events = [], events_count: count } = into;
  if (into.kind === "task") mergeTask(into, next);
  else mergeWorker(into, next);
  into.events_count = count + 1;
  if (into.kind === "task") finish(into, [next.state, ...events.slice(0, MOST_EVENTS)]);
}

function mergeTask(into: Document, next: Document): void {
  if (terminal.has(next.state)) Object.assign(into, next);
  else if (terminal.has(into.state)) {
    const failed = into.state === "FAILED" || into.state === "CRITICAL";
    copyOwn(into, next, { failure: !failed, introduction: true });
  } else if (into.exact_timestamp < next.exact_timestamp) Object.assign(into, next);
  else if (into.state !== next.state) {
    copyOwn(into, next, { failure: true, introduction: !introduces.has(into.state) });
  }
}

function mergeWorker(into: Document, next: Document): void {
  if (into.exact_timestamp < next.exact_timestamp) Object.assign(into, next);
  else if (into.state !== next.state) copy(into, next, own[next.state]!);
}

function copyOwn(into: Document, next: Document, and: { failure: boolean; introduction: boolean }): void {
  copy(into, next, own[next.state]!);
  if (next.state === "RETRY" && and.failure) copy(into, next, failure);
  if (introduces.has(next.state) && and.introduction) copy(into, next, sentAndReceived);
}

function copy(into: Document, next: Document, fields: readonly string[]): void {
  for (const field of fields) if (next[field] !== undefined) into[field] = next[field];
}

function finish(into: Document, events: readonly string[]): void {
  into.events = events;
  if (Number(into["retries"]) > 0) into.state = afterRetry[into.state] ?? into.state;
  // A task that is its own root or parent has none.
  if (into["root_id"] === into.id) delete into["root_id"];
  if (into["parent_id"] === into.id) delete into["parent_id"];
}

/** A document, and the places of those that it was merged from. */
export interface Merged {
  readonly document: Document;
  readonly from: number[];
}

/** Merges what belongs to the same task or worker, in the order of arrival. What is given is not changed. */
export function mergeAll(documents: readonly Document[]): Merged[] {
  const merged = new Map<string, { document: Document; readonly from: number[] }>();
  for (const [index, document] of documents.entries()) {
    const key = `${document.kind} ${document.id}`;
    const known = merged.get(key);
    if (!known) {
      merged.set(key, { document, from: [index] });
      continue;
    }
    // The first of them may be written once more without the others.
    if (known.from.length === 1) known.document = { ...known.document };
    merge(known.document, document);
    known.from.push(index);
  }
  return [...merged.values()];
}
