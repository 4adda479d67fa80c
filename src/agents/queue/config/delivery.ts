import { z } from "zod";
import { duration, oneOf, secret, size, url } from "../../../config/units.ts";
import { backoffNames } from "../../../core/backoff.ts";
import { amqpTarget } from "./broker.ts";

/** What is tried again, and how often. Source: krakend-async §11.1. */
export const retry = z
  .strictObject({
    times: z
      .int()
      .min(0)
      .optional()
      .describe("So often after the first try. Default: 10; in profile `krakend` 0."),
    backoff: z
      .enum(backoffNames)
      .default("exponential-jitter")
      .describe("How the pause between tries grows; with jitter it is between a half and all of that."),
    first: duration({ min: 1 }).prefault("500ms").describe("The first pause."),
    max: duration({ min: 1 }).prefault("1m").describe("The longest pause."),
    on: z
      .array(z.union([z.enum(["network", "timeout", "4xx", "5xx"]), z.int().min(100).max(599)]))
      .default(["network", "timeout", "5xx", 401, 403, 408, 425, 429])
      .describe("What is tried again. Everything else is rejected at once."),
  })
  .prefault({})
  .describe("How an event that failed is tried again.");

const requeue = z.strictObject({
  brake: z
    .boolean()
    .default(true)
    .describe("Let an event that comes again wait, 200ms and then doubling to 30s, before it is given back."),
});

/** Where rejected events go. */
export const rejected = oneOf({
  file: z
    .strictObject({ path: z.string().min(1).optional() })
    .describe("A line of JSON each. Default: a file below `state.dir`. `replay` sends them again."),
  amqp: amqpTarget
    .extend({
      mandatory: z
        .boolean()
        .default(true)
        .describe("Changes nothing: a dead letter that no queue takes always goes to the file instead."),
    })
    .describe("A dead-letter exchange. What it refuses goes to the file below `state.dir`."),
  http: z
    .strictObject({ url: url(), token: secret().optional() })
    .describe("POST, as JSON. What is refused there goes to the file below `state.dir`."),
  requeue: requeue.describe("Back to where they came from."),
  drop: z.strictObject({}).describe("Nowhere; RabbitMQ dead-letters them if the queue says so."),
})
  .optional()
  .describe("Where rejected events go. Default: `file`; in profile `krakend` `requeue`.");

/** What of an event is handed to backends besides its body. Source: krakend-async §11.3. */
export const forward = z
  .strictObject({
    content_type: z
      .boolean()
      .optional()
      .describe("Its content type, or `application/json` if the body is JSON."),
    headers: z.array(z.string()).optional().describe("Names of its headers, `*` for any letters: `x-*`."),
    properties: z.string().optional().describe("Its properties as headers with this prefix."),
    trace: z.boolean().optional().describe("Its W3C trace context, or a new one."),
    idempotency: z
      .string()
      .optional()
      .describe(
        "A header with an id that stays the same when it is tried again: its message id, or else a digest of it, which equal events share. Empty: none. Default: `Idempotency-Key`, where it has a message id.",
      ),
    format: z
      .enum(["plain", "cloudevents", "cloudevents-structured"])
      .default("plain")
      .describe("As it is, as a CloudEvent with its attributes in headers, or as one in JSON."),
  })
  .prefault({})
  .describe("What of an event goes along. Default: all of it; in profile `krakend` nothing.");

/** Several events in one call. Source: krakend-async §11.6. */
export const batch = z
  .strictObject({
    items: z.int().min(1).default(1).describe("At most so many events in a call."),
    size: size().prefault("1MB").describe("… and so many bytes."),
    window: duration().prefault("100ms").describe("… and never later than this after the first."),
    format: z.enum(["array", "ndjson"]).default("array").describe("A list in JSON, or a line each."),
  })
  .prefault({})
  .describe("How events are gathered into one call. Default: one by one.");

/** Events that come twice. Source: krakend-async §11.6. */
export const dedupe = z.strictObject({
  key: z.string().min(1).default("{id}").describe("What makes two events the same."),
  ttl: duration({ min: 1 }).prefault("1h").describe("How long it is remembered."),
  most: z.int().min(1).default(100_000).describe("So many are remembered in memory."),
  redis: z
    .strictObject({ url: url(["redis", "rediss"]) })
    .optional()
    .describe("Remember in Redis, for several processes."),
});

export type RetryConfig = z.output<typeof retry>;
export type RejectedConfig = z.output<typeof rejected>;
export type ForwardConfig = z.output<typeof forward>;
export type BatchConfig = z.output<typeof batch>;
export type DedupeConfig = z.output<typeof dedupe>;
