/** A Celery event that passed the check: only known fields, of the right types. */
export type CeleryEvent = TaskEvent | WorkerEvent;

interface Common {
  readonly hostname?: string;
  /** Unix seconds, with a fraction, by the emitter's clock. */
  readonly timestamp: number;
  readonly utcoffset: number;
  readonly pid: number;
  readonly clock: number;
}

export interface TaskEvent extends Common {
  readonly type: TaskType;
  readonly uuid: string;
  readonly name?: string;
  readonly args?: string;
  readonly kwargs?: string;
  readonly root_id?: string | null;
  readonly parent_id?: string | null;
  readonly retries?: number;
  readonly eta?: string | null;
  readonly expires?: string | null;
  readonly exchange?: string;
  readonly routing_key?: string;
  readonly queue?: string;
  readonly result?: string;
  readonly runtime?: number;
  readonly exception?: string;
  readonly traceback?: string;
  readonly requeue?: boolean;
  readonly terminated?: boolean;
  readonly expired?: boolean;
  readonly signum?: number | string | null;
}

export interface WorkerEvent extends Common {
  readonly type: WorkerType;
  readonly hostname: string;
  readonly freq: number;
  readonly sw_ident: string;
  readonly sw_ver: string;
  readonly sw_sys: string;
  readonly active?: number;
  readonly processed?: number;
  readonly loadavg?: readonly unknown[];
}

const taskTypes = [
  "task-sent",
  "task-received",
  "task-started",
  "task-succeeded",
  "task-failed",
  "task-rejected",
  "task-revoked",
  "task-retried",
] as const;
const workerTypes = ["worker-online", "worker-heartbeat", "worker-offline"] as const;

const ends = new Set(["task-succeeded", "task-failed", "task-rejected", "task-revoked", "task-cancelled"]);

/** Whether an event of this type says how a task ended. */
export function endsTask(type: string): boolean {
  return ends.has(type);
}

export type TaskType = (typeof taskTypes)[number];
export type WorkerType = (typeof workerTypes)[number];

/** Why an event, or a field of one, was left out, in words that can be a metric's label. */
export const dropReasons = [
  "undecodable",
  "no_event",
  "unknown_type",
  "missing_field",
  "unknown_field",
  "bad_field",
] as const;
export type DropReason = (typeof dropReasons)[number];

type Check = (value: unknown) => boolean;
interface Fields {
  readonly required: Readonly<Record<string, Check>>;
  readonly optional: Readonly<Record<string, Check>>;
}

const text: Check = (value) => typeof value === "string";
const number: Check = (value) => typeof value === "number" && Number.isFinite(value);
const integer: Check = (value) => Number.isInteger(value);
const flag: Check = (value) => typeof value === "boolean";
const textOrNull: Check = (value) => value === null || typeof value === "string";

const common = { type: text, timestamp: number, utcoffset: integer, pid: integer, clock: integer };

/** The closed sets of fields. Source: leek §6.2. */
const task: Fields = {
  required: { ...common, uuid: text },
  optional: {
    hostname: text,
    name: text,
    args: text,
    kwargs: text,
    exchange: text,
    routing_key: text,
    queue: text,
    result: text,
    exception: text,
    traceback: text,
    runtime: number,
    retries: integer,
    terminated: flag,
    expired: flag,
    requeue: flag,
    root_id: textOrNull,
    parent_id: textOrNull,
    eta: textOrNull,
    expires: textOrNull,
    signum: (value) => textOrNull(value) || integer(value),
  },
};

const worker: Fields = {
  required: { ...common, hostname: text, freq: number, sw_ident: text, sw_ver: text, sw_sys: text },
  optional: { active: integer, processed: integer, loadavg: Array.isArray },
};

const fieldsOf = new Map<string, Fields>([
  ...taskTypes.map((type) => [type, task] as const),
  ...workerTypes.map((type) => [type, worker] as const),
]);

export function isTask(event: CeleryEvent): event is TaskEvent {
  return event.type.startsWith("task-");
}

/**
 * Looks whether a value is an event that Leek can take. What it does not know, and optional fields of a wrong type,
 * are left out of it; `strict` drops the whole event instead, as the peer does.
 * @param dropped told why the event, or a field of it, was left out
 */
export function checkEvent(
  value: unknown,
  strict: boolean,
  dropped: (reason: DropReason) => void,
): CeleryEvent | undefined {
  const reason = isRecord(value) ? fault(value) : "no_event";
  if (reason) {
    dropped(reason);
    return undefined;
  }
  const given = value as Record<string, unknown>;
  const { required, optional } = fieldsOf.get(given["type"] as string)!;
  let kept: Record<string, unknown> | undefined;
  for (const key in given) {
    const why = faultOf(key, given[key], required, optional);
    if (!why) continue;
    dropped(why);
    if (strict) return undefined;
    kept ??= { ...given };
    delete kept[key];
  }
  return (kept ?? given) as unknown as CeleryEvent;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What makes the whole event useless. */
function fault(given: Record<string, unknown>): DropReason | undefined {
  const fields = typeof given["type"] === "string" ? fieldsOf.get(given["type"]) : undefined;
  if (!fields) return "unknown_type";
  for (const key in fields.required) {
    if (!Object.hasOwn(given, key)) return "missing_field";
    if (!fields.required[key]!(given[key])) return "bad_field";
  }
  return undefined;
}

function faultOf(
  key: string,
  value: unknown,
  required: Fields["required"],
  optional: Fields["optional"],
): DropReason | undefined {
  if (Object.hasOwn(required, key)) return undefined;
  if (!Object.hasOwn(optional, key)) return "unknown_field";
  return optional[key]!(value) ? undefined : "bad_field";
}
