import { RejectedProblem } from "../../core/problems.ts";
import { argumentFields, flatKeywords } from "./arguments.ts";
import { dateMs } from "./date.ts";
import { type CeleryEvent, isTask, type TaskEvent, type TaskType, type WorkerType } from "./event.ts";
import { failureOf } from "./failure.ts";
import { cutBytes } from "./text.ts";

export type TaskState =
  | "QUEUED"
  | "RECEIVED"
  | "STARTED"
  | "SUCCEEDED"
  | "FAILED"
  | "REJECTED"
  | "REVOKED"
  | "RETRY"
  | "RECOVERED"
  | "CRITICAL";
export type WorkerState = "ONLINE" | "HEARTBEAT" | "OFFLINE";

/** A record of one task or worker, as Leek's API takes it. Its set of fields is closed. Source: leek §6. */
export interface Document {
  id: string;
  kind: "task" | "worker";
  state: TaskState | WorkerState;
  /** Milliseconds since 1970. */
  timestamp: number;
  /** Seconds since 1970, as the event said. */
  exact_timestamp: number;
  /** When we made it, in milliseconds since 1970. */
  updated_at: number;
  app_env: string;
  clock: number;
  utcoffset: number;
  pid: number;
  /** A task's states, newest first. */
  events?: readonly string[];
  events_count: number;
  [field: string]: unknown;
}

const states: Readonly<Record<TaskType | WorkerType, readonly [Document["state"], string]>> = {
  "task-sent": ["QUEUED", "queued_at"],
  "task-received": ["RECEIVED", "received_at"],
  "task-started": ["STARTED", "started_at"],
  "task-succeeded": ["SUCCEEDED", "succeeded_at"],
  "task-failed": ["FAILED", "failed_at"],
  "task-rejected": ["REJECTED", "rejected_at"],
  "task-revoked": ["REVOKED", "revoked_at"],
  "task-retried": ["RETRY", "retried_at"],
  "worker-online": ["ONLINE", "online_at"],
  "worker-heartbeat": ["HEARTBEAT", "last_heartbeat_at"],
  "worker-offline": ["OFFLINE", "offline_at"],
};

/**
 * The search engine refuses a longer term, and the API then drops the rest of the batch and says 201. In bytes; the
 * engine's own limit is 32,766. Source: leek §9.3.
 */
const LONGEST_TERM = 32_000;

/**
 * The document of a single event. Throws RejectedProblem for one whose time is beyond what a document can hold.
 * @param now what `updated_at` says, in milliseconds since 1970
 */
export function documentOf(event: CeleryEvent, appEnv: string, now: number): Document {
  const [state, timeField] = states[event.type];
  const ms = Math.trunc(event.timestamp * 1_000);
  if (!Number.isSafeInteger(ms)) {
    throw new RejectedProblem("item_refused", `the event's timestamp ${event.timestamp} is no time`);
  }
  const document: Document = {
    id: isTask(event) ? event.uuid : event.hostname,
    app_env: appEnv,
    kind: isTask(event) ? "task" : "worker",
    state,
    clock: event.clock,
    updated_at: now,
    timestamp: ms,
    exact_timestamp: event.timestamp,
    utcoffset: event.utcoffset,
    pid: event.pid,
    events_count: 1,
    [timeField]: ms,
  };
  if (isTask(event)) taskFields(event, document);
  else copy(event, document);
  return document;
}

const common = new Set(["type", "hostname", "timestamp", "utcoffset", "pid", "clock"]);

function taskFields(event: TaskEvent, document: Document): void {
  const { hostname, name, args, kwargs, eta, expires, traceback, exception } = event;
  for (const key in event) if (!common.has(key)) put(document, key, event[key as keyof TaskEvent]);
  if (hostname !== undefined) document[document.state === "QUEUED" ? "client" : "worker"] = hostname;
  document.events = [document.state];
  dates(document, { eta, expires });
  if (name !== undefined) document["name_parts"] = nameParts(name);
  if (args !== undefined) Object.assign(document, { args: term(args) }, argumentFields(args));
  if (kwargs !== undefined)
    Object.assign(document, { kwargs: term(kwargs), kwargs_flattened: flatKeywords(kwargs) });
  if (event.result !== undefined) document["result"] = term(event.result);
  if (traceback === undefined) return;
  const failure = failureOf(traceback, exception);
  Object.assign(document, failure, { traceback: term(failure.traceback) });
}

function copy(event: CeleryEvent, document: Document): void {
  for (const key in event) if (key !== "type" && !(key in document)) put(document, key, event[key as never]);
}

/** A document holds no nulls. */
function put(document: Document, key: string, value: unknown): void {
  if (value !== null && value !== undefined) document[key] = value;
}

/** Dates in milliseconds; what is no date is left out. */
function dates(document: Document, given: Readonly<Record<string, string | null | undefined>>): void {
  for (const [key, text] of Object.entries(given)) {
    delete document[key];
    if (typeof text === "string") put(document, key, dateMs(text));
  }
}

function nameParts(name: string): { readonly module: string; readonly function: string } {
  const dot = name.lastIndexOf(".");
  return { module: dot < 0 ? "" : name.slice(0, dot), function: name.slice(dot + 1) };
}

function term(text: string): string {
  return cutBytes(text, LONGEST_TERM);
}
