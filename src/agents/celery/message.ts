import { brotliDecompressSync, inflateSync } from "node:zlib";
import { isTooDeep } from "../../core/nesting.ts";
import type { AmqpMessage } from "../../wire/amqp/message.ts";
import { type CeleryEvent, checkEvent, type DropReason } from "./event.ts";

/** A message of a broker, as far as it tells what its body is. */
export interface Message {
  readonly body: Buffer;
  readonly contentType: string | undefined;
  readonly compression: string | undefined;
  /** Whether the broker has given it to somebody before. */
  readonly redelivered: boolean;
}

/** An event on its way, and what its message said. */
export interface Arrival {
  readonly event: CeleryEvent;
  readonly redelivered: boolean;
}

/** Nothing unpacks to more than this, in bytes. */
const LARGEST = 64 * 2 ** 20;

/** What a body was packed with. Kombu's "gzip" is a zlib stream. Source: leek §3.3. */
const unpack: Readonly<Record<string, (body: Buffer) => Buffer>> = {
  "application/x-gzip": (body) => inflateSync(body, { maxOutputLength: LARGEST }),
  "application/x-brotli": (body) => brotliDecompressSync(body, { maxOutputLength: LARGEST }),
};

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
  dropped(reason: DropReason): void;
}

/** The events of a message: an object is one, a list is several. */
export function eventsOf(message: Message | undefined, { strict, dropped }: Reading): Arrival[] {
  const value = message && contentOf(message);
  if (value === undefined) {
    dropped("undecodable");
    return [];
  }
  const arrivals: Arrival[] = [];
  for (const each of Array.isArray(value) ? (value as unknown[]) : [value]) {
    const event = checkEvent(each, strict, dropped);
    if (event) arrivals.push({ event, redelivered: message!.redelivered });
  }
  return arrivals;
}

/** @returns undefined for what cannot be read; a text that nobody said was JSON is itself */
function contentOf({ body, contentType, compression }: Message): unknown {
  const plain = compression === undefined ? body : unpacked(body, compression);
  if (!plain) return undefined;
  if (contentType === "application/json") return parsed(plain.toString("utf8"));
  const opaque = contentType === undefined || /^application\/(?:data|text)$/.test(contentType);
  return opaque ? plain.toString("latin1") : undefined;
}

function unpacked(body: Buffer, compression: string): Buffer | undefined {
  try {
    return unpack[compression]?.(body);
  } catch {
    return undefined;
  }
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
