import { hash } from "node:crypto";
import type { Event } from "./event.ts";

/** What tells an event from others and stays the same when it comes again: its message id, or a digest of it. */
export function eventId({ properties, routingKey, body }: Event): string {
  if (properties.messageId) return properties.messageId;
  return hash("sha256", Buffer.concat([Buffer.from(`${routingKey}\0`), body]), "hex").slice(0, 32);
}
