import type { Rejected, Sink } from "../../core/delivery.ts";
import { RejectedProblem } from "../../core/problems.ts";
import { FileSink, parseLine } from "../../wire/ndjson.ts";
import { type AsideItem, shortened } from "../../wire/set-aside.ts";
import { type CeleryEvent, checkEvent } from "./event.ts";
import type { Arrival } from "./message.ts";

/** An event that was set aside, as it is kept. */
export interface Kept {
  readonly event: CeleryEvent;
  readonly reason: string;
  readonly code: string;
  /** How often it was tried. */
  readonly tries: number;
  /** When it was taken from the broker, and when it was set aside: ISO 8601. */
  readonly first: string;
  readonly last: string;
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
  return { event: value.event, reason, code, tries, ...when };
}

/** Such a line for people: which event of which task, and all of it. */
export function shownAside(line: string): Omit<AsideItem, "id"> | undefined {
  try {
    const { event, reason, tries, last } = (parseLine(line) ?? {}) as Partial<Kept>;
    if (!event) return undefined;
    const preview = shortened(JSON.stringify(event));
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

/** The event of such a line; undefined where somebody has written something else there. */
export function arrivalOf(line: string): Arrival | undefined {
  try {
    const { event } = (parseLine(line) ?? {}) as Partial<Kept>;
    const checked = checkEvent(event, false, () => {});
    return checked && { event: checked, redelivered: false };
  } catch (error) {
    if (error instanceof RejectedProblem) return undefined;
    throw error;
  }
}
