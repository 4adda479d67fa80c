import { RejectedProblem } from "../../core/problems.ts";
import type { Published, PublishedChunk } from "../../wire/redis/pubsub.ts";
import { contentOf } from "./body.ts";
import { endsTask } from "./event.ts";
import { messageOfEnvelope } from "./message.ts";

/**
 * What stays of what was published when there is no room for all: the events that say how a task ended, and what
 * cannot be read. The rest is dispensable: Leek shows the end without the begin, but never knows the end without it.
 * @returns the very chunk if all of it stays; undefined if nothing does
 */
export function essence(chunk: PublishedChunk): PublishedChunk | undefined {
  const messages = chunk.messages.flatMap((message) => essentialOf(message) ?? []);
  const same = messages.length === chunk.messages.length;
  if (same && messages.every((message, index) => message === chunk.messages[index])) return chunk;
  return messages.length === 0 ? undefined : { ...chunk, messages };
}

/** How many events there are in what was published, by whether they say how a task ended. */
export function countedEvents(chunk: PublishedChunk | undefined): { ended: number; other: number } {
  const counted = { ended: 0, other: 0 };
  for (const { payload } of chunk?.messages ?? []) {
    const events = eventsIn(payload) ?? [undefined];
    for (const event of events) counted[isEnd(event) ? "ended" : "other"]++;
  }
  return counted;
}

function essentialOf(message: Published): Published | undefined {
  const events = eventsIn(message.payload);
  if (!events) return message;
  const kept = events.filter(isEnd);
  if (kept.length === events.length && kept.length > 0) return message;
  if (kept.length === 0) return undefined;
  const { headers, properties, ...envelope } = JSON.parse(message.payload) as Envelope;
  // As Kombu leaves a body that it was told neither to pack nor to encode.
  const plain = {
    headers: { ...headers, compression: undefined },
    properties: { ...properties, body_encoding: null },
  };
  return { ...message, payload: JSON.stringify({ ...envelope, ...plain, body: JSON.stringify(kept) }) };
}

interface Envelope {
  readonly headers?: object;
  readonly properties?: object;
}

/** @returns undefined for what cannot be read */
function eventsIn(payload: string): readonly unknown[] | undefined {
  const message = messageOfEnvelope(payload);
  if (!message) return undefined;
  try {
    const content = contentOf(message);
    return Array.isArray(content) ? (content as unknown[]) : [content];
  } catch (error) {
    if (error instanceof RejectedProblem) return undefined;
    throw error;
  }
}

function isEnd(event: unknown): boolean {
  const { type } = (event ?? {}) as { readonly type?: unknown };
  return typeof type === "string" && endsTask(type);
}
