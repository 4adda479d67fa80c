import { isTooDeep } from "../../core/nesting.ts";
import { RejectedProblem } from "../../core/problems.ts";
import type { AmqpMessage } from "../../wire/amqp/message.ts";
import { type Body, contentOf } from "./body.ts";
import { type CeleryEvent, checkEvent, type DropReason } from "./event.ts";

/** A message of a broker, as far as it tells what its body is. */
export interface Message extends Body {
  /** Whether the broker has given it to somebody before. */
  readonly redelivered: boolean;
}

/** An event on its way, and what its message said; or a message that cannot be read. */
export type Arrival = Arrived | Unreadable;

export interface Arrived {
  readonly event: CeleryEvent;
  readonly redelivered: boolean;
}

export interface Unreadable {
  readonly message: Message;
  readonly problem: RejectedProblem;
}

export function isUnreadable(arrival: Arrival): arrival is Unreadable {
  return "problem" in arrival;
}

export function messageOfAmqp({ body, properties, headers, redelivered }: AmqpMessage): Message {
  const { compression } = headers;
  return {
    body,
    contentType: properties.contentType,
    compression: typeof compression === "string" ? compression : undefined,
    redelivered,
  };
}

/** What Kombu publishes on Redis: the body in an envelope. Source: leek §4.2. */
interface Envelope {
  readonly body?: unknown;
  readonly "content-type"?: unknown;
  readonly headers?: { readonly compression?: unknown };
  readonly properties?: { readonly body_encoding?: unknown };
}

/** @returns undefined for what is no envelope */
export function messageOfEnvelope(payload: string): Message | undefined {
  const envelope = parsed(payload) as Envelope | undefined | null;
  if (typeof envelope !== "object" || envelope === null || typeof envelope.body !== "string")
    return undefined;
  const base64 = envelope.properties?.body_encoding === "base64";
  return {
    body: Buffer.from(envelope.body, base64 ? "base64" : "utf8"),
    contentType: text(envelope["content-type"]),
    compression: text(envelope.headers?.compression),
    redelivered: false,
  };
}

export interface Reading {
  /** Drop an event for what is unknown or of a wrong type, as the peer does, and not only the field. */
  readonly strict: boolean;
  /** Take a `task-cancelled`, which Leek does not know, for a `task-revoked`. */
  readonly revokes: boolean;
  dropped(reason: DropReason): void;
}

/** The events of a message: an object is one, a list is several. */
export function eventsOf(message: Message | undefined, reading: Reading): Arrival[] {
  if (!message) {
    reading.dropped("undecodable");
    return [];
  }
  const value = readable(message);
  if (value instanceof RejectedProblem) return [{ message, problem: value }];
  const arrivals: Arrival[] = [];
  for (const each of Array.isArray(value) ? (value as unknown[]) : [value]) {
    const event = checkEvent(reading.revokes ? revoked(each) : each, reading.strict, reading.dropped);
    if (event) arrivals.push({ event, redelivered: message.redelivered });
  }
  return arrivals;
}

function readable(message: Message): unknown {
  try {
    return contentOf(message);
  } catch (error) {
    if (error instanceof RejectedProblem) return error;
    throw error;
  }
}

function revoked(event: unknown): unknown {
  const { type } = (event ?? {}) as { readonly type?: unknown };
  return type === "task-cancelled" ? { ...(event as object), type: "task-revoked" } : event;
}

function parsed(json: string): unknown {
  if (isTooDeep(json)) return undefined;
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
