import { z } from "zod";
import { oneOf, secret, size } from "../../../config/units.ts";
import { amqpSource } from "./broker.ts";

const inbox = z.strictObject({
  path: z
    .string()
    .regex(/^\//, { error: "begins with a slash" })
    .default("/")
    .describe("Events are posted here, and below it: what follows is the routing key, dots for slashes."),
  answer: z
    .enum(["delivered", "accepted"])
    .default("delivered")
    .describe(
      "`delivered`: the answer to a POST waits until the event is settled. `accepted`: it is 202 as soon as the event is safe on disk.",
    ),
  token: secret().optional().describe("Callers send it as `Authorization: Bearer TOKEN`."),
  largest: size().prefault("10MB").describe("A larger body is refused."),
  spool: size().prefault("1GB").describe("Events that wait, on disk. When it is full, new ones are refused."),
});

const file = z.strictObject({
  path: z.string().min(1),
  follow: z.boolean().default(false).describe("Wait for more at the end."),
});

/** Where events come from. */
export const source = oneOf({
  amqp: amqpSource.describe("RabbitMQ."),
  inbox: inbox.describe("HTTP: events are posted to `listen`."),
  file: file.describe("Lines of a file, each the body of an event."),
}).describe("Where events come from.");

export type SourceConfig = z.output<typeof source>;
export type InboxConfig = z.output<typeof inbox>;
