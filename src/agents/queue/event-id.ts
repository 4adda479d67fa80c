import { createHash } from "node:crypto";
import type { Event } from "./event.ts";

/** What tells an event from others and stays the same when it comes again: its message id, or a digest of it. */
export function eventId({ properties, routingKey, body }: Event): string {
  if (properties.messageId) return properties.messageId;
  return createHash("sha256").update(routingKey).update("\0").update(body).digest("hex").slice(0, 32);
}
