import type { ForwardConfig } from "./config/delivery.ts";

/** Headers that belong to the way a message took, not to the message. A trace goes on by itself. */
const OF_THE_WAY = /^(?:x-death|x-first-death-.*|x-delivery-count|traceparent|tracestate)$/i;

/** Names of an event's own headers that go along, `*` for any letters. @param all where nothing is configured */
export function headersOf({ headers }: ForwardConfig, all: boolean): readonly string[] {
  return headers ?? (all ? ["*"] : []);
}

/** What the properties of an event are called as headers; empty where they stay behind. */
export function prefixOf({ properties }: ForwardConfig, all: boolean): string {
  return properties ?? (all ? "X-Amqp-" : "");
}

/** Whether a header goes along that is called so, in whatever letters. */
export function named(patterns: readonly string[]): (name: string) => boolean {
  const wanted = patterns.map(
    (pattern) => new RegExp(`^${pattern.split("*").map(literal).join(".*")}$`, "i"),
  );
  return (name) => !OF_THE_WAY.test(name) && wanted.some((pattern) => pattern.test(name));
}

function literal(text: string): string {
  return text.replace(/[.+?^${}()|[\]\\]/g, "\\$&");
}
