import { LinkProblem, PartialProblem, type Problem, RejectedProblem } from "../../core/problems.ts";
import type { Call } from "./backend/call.ts";
import { isObject, type Json, type JsonObject, LosslessNumber } from "./backend/json.ts";
import type { BatchConfig } from "./config/delivery.ts";
import type { Event } from "./event.ts";
import { eventId } from "./event-id.ts";

const TYPES = { array: "application/json", ndjson: "application/x-ndjson" } as const;

/** Several events as one call: bodies that are JSON as they are, others as texts. */
export function batched(
  events: readonly Event[],
  { format }: BatchConfig,
  call: (event: Event) => Call,
): Call {
  const bodies = events.map(({ body }) => jsonText(body));
  const text = format === "array" ? `[${bodies.join(",")}]` : bodies.map((line) => `${line}\n`).join("");
  const first = call(events[0]!);
  return {
    ...first,
    headers: { ...first.headers, "Content-Type": [TYPES[format]] },
    body: Buffer.from(text, "utf8"),
  };
}

function jsonText(body: Buffer): string {
  const text = body.toString("utf8");
  try {
    JSON.parse(text);
    // Line breaks between JSON's tokens would cut a line of NDJSON in two.
    return /[\r\n]/.test(text) ? text.replace(/[\r\n]+/g, " ") : text;
  } catch {
    return JSON.stringify(text);
  }
}

/**
 * What a backend says of the single events of a batch, in either of two well-known forms: `batchItemFailures` as AWS
 * Lambda has it, with `itemIdentifier` an event's id or its place in the batch; or `items`, one for each event, with a
 * `status` as in HTTP. @returns undefined where all arrived
 */
export function partly(
  data: JsonObject | undefined,
  events: readonly Event[],
  triesAgain: (status: number) => boolean,
): PartialProblem | undefined {
  const failed = named(data?.["batchItemFailures"], events) ?? listed(data?.["items"], events, triesAgain);
  if (!failed || failed.size === 0) return undefined;
  return new PartialProblem(failed);
}

function named(failures: Json | undefined, events: readonly Event[]): Map<number, Problem> | undefined {
  if (!Array.isArray(failures)) return undefined;
  const failed = new Map<number, Problem>();
  for (const failure of failures) {
    const id = isObject(failure) ? String(failure["itemIdentifier"]) : "";
    const place = events.findIndex((event, index) => eventId(event) === id || String(index) === id);
    if (place >= 0)
      failed.set(place, new LinkProblem("server_failed", `the backend names event ${id} as failed`));
  }
  return failed;
}

function listed(
  items: Json | undefined,
  events: readonly Event[],
  triesAgain: (status: number) => boolean,
): Map<number, Problem> | undefined {
  if (!Array.isArray(items) || items.length !== events.length) return undefined;
  const failed = new Map<number, Problem>();
  for (const [index, item] of items.entries()) {
    const status = isObject(item) ? numberOf(item["status"]) : undefined;
    if (status === undefined || status < 300) continue;
    const message = `the backend answered ${status} for event ${index} of the batch`;
    const problem = triesAgain(status)
      ? new LinkProblem("server_failed", message)
      : new RejectedProblem("item_refused", message);
    failed.set(index, problem);
  }
  return failed;
}

function numberOf(value: Json | undefined): number | undefined {
  if (typeof value === "number") return value;
  return value instanceof LosslessNumber ? Number(value.toString()) : undefined;
}
