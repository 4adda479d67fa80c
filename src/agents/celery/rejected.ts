import type { Rejected, Sink } from "../../core/delivery.ts";
import { RejectedProblem } from "../../core/problems.ts";
import { FileSink, parseLine } from "../../wire/ndjson.ts";
import { type AsideItem, shortened } from "../../wire/set-aside.ts";
import type { Body } from "./body.ts";
import { type CeleryEvent, checkEvent } from "./event.ts";
import { type Arrival, eventsOf, isUnreadable, type Reading } from "./message.ts";

/** An event, or a message that cannot be read, which was set aside, as it is kept. */
export interface Kept {
  readonly event?: CeleryEvent;
  readonly message?: KeptMessage;
  readonly reason: string;
  readonly code: string;
  readonly remedy?: string;
  /** How often it was tried. */
  readonly tries: number;
  /** When it was taken from the broker, and when it was set aside: ISO 8601. */
  readonly first: string;
  readonly last: string;
}

/** A message as it came. */
interface KeptMessage {
  /** In base 64. */
  readonly body: string;
  readonly content_type?: string | undefined;
  readonly compression?: string | undefined;
}

/** Keeps rejected events in a file, a line each. */
export function asideIn(path: string): Sink<Rejected<Arrival>> {
  const sink = new FileSink<Kept>({ path });
  return {
    write: (items, signal) => sink.write(items.map(keptOf), signal),
    probe: () => sink.probe(),
  };
}

function keptOf({ value, reason, code, tries, since, at }: Rejected<Arrival>): Kept {
  const when = { first: new Date(since).toISOString(), last: new Date(at).toISOString() };
  if (!isUnreadable(value)) return { event: value.event, reason, code, tries, ...when };
  const { remedy } = value.problem;
  return { message: keptMessage(value.message), reason, code, remedy, tries, ...when };
}

/** Such a line for people: which event of which task, and all of it. */
export function shownAside(line: string): Omit<AsideItem, "id"> | undefined {
  try {
    const { event, message, reason, tries, last } = (parseLine(line) ?? {}) as Partial<Kept>;
    if (!event && !message) return undefined;
    const preview = shortened(JSON.stringify(event ?? message));
    return {
      at: String(last ?? ""),
      reason: String(reason ?? ""),
      ...(tries !== undefined && { tries }),
      preview,
    };
  } catch {
    return undefined;
  }
}

function keptMessage({ body, contentType, compression }: Body): KeptMessage {
  return { body: body.toString("base64"), content_type: contentType, compression };
}

/** What such a line holds: nothing where somebody has written something else there. */
export function arrivalsOf(line: string, reading: Reading): Arrival[] {
  try {
    const { event, message } = (parseLine(line) ?? {}) as Partial<Kept>;
    if (message) return eventsOf(messageOfKept(message), reading);
    const checked = checkEvent(event, false, () => {});
    return checked ? [{ event: checked, redelivered: false }] : [];
  } catch (error) {
    if (error instanceof RejectedProblem) return [];
    throw error;
  }
}

function messageOfKept({ body, content_type, compression }: KeptMessage) {
  return {
    body: Buffer.from(String(body), "base64"),
    contentType: content_type,
    compression,
    redelivered: false,
  };
}
