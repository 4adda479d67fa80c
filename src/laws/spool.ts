import assert from "node:assert/strict";
import type { Delivery } from "../core/delivery.ts";
import type { Feed } from "../core/feed.ts";
import { rung } from "../core/life.ts";
import { comesTrue, type Law, law, type Make, patience, type Subject } from "./law.ts";
import { Opened } from "./opened.ts";

export interface SpoolSubject extends Subject {
  /** Wraps a source in the spool; each call is another object for the same place, as after a restart. */
  open(source: Feed<Delivery<string>>): Feed<Delivery<string>>;
  /** Its limit, in bytes. */
  readonly bytes: number;
  /** How much it takes now, in bytes. */
  size(): number | Promise<number>;
  /**
   * Fills the spool in another process with the texts `item 0`, `item 1` … and ends that process with SIGKILL while it
   * does. @returns how many items it had accepted, as far as was told
   */
  crash(): Promise<number>;
}

/** A source that gives what it is told to, and knows what was accepted. */
class Given implements Feed<Delivery<string>> {
  readonly accepted: string[] = [];
  readonly #values: readonly string[];

  constructor(values: readonly string[]) {
    this.#values = values;
  }

  async *open({ signal, up }: { signal: AbortSignal; up(): void }): AsyncGenerator<Delivery<string>> {
    up();
    for (const value of this.#values.slice(this.accepted.length)) {
      if (signal.aborted) return;
      yield {
        value,
        bytes: value.length,
        settle: (outcome) => void (outcome === "done" && this.accepted.push(value)),
      };
    }
    await rung(signal);
  }
}

/** The laws of a spool. Its laws as a source are `sourceLaws`. */
export function spoolLaws(make: Make<SpoolSubject>): Law[] {
  const about = (name: string, check: (subject: SpoolSubject) => Promise<void>) =>
    law(`a spool ${name}`, make, check);
  return [
    about("keeps what it has accepted through kill -9, in order", async ({ open, crash }) => {
      const accepted = await crash();
      assert.ok(accepted > 0, "the other process has to have accepted something");
      const opened = new Opened(open(new Given([])));
      const items = await opened.first(accepted);
      assert.deepEqual(
        items.map(({ value }) => value),
        items.map((_, index) => `item ${index}`),
      );
      await opened.close();
    }),
    about("accepts while nobody takes, and gives it in order later", async ({ open }) => {
      const given = new Given(Array.from({ length: 100 }, (_, index) => `item ${index}`));
      const filling = new Opened(open(given));
      await comesTrue(patience.soon, () => given.accepted.length === 100, "everything has to be accepted");
      await filling.close();
      const opened = new Opened(open(new Given([])));
      assert.deepEqual(
        (await opened.first(100)).map(({ value }) => value),
        given.accepted,
      );
      await opened.close();
    }),
    about("stays within its limit, and lets the oldest go", async ({ open, bytes, size }) => {
      const text = "x".repeat(Math.max(10, Math.floor(bytes / 50)));
      const given = new Given(Array.from({ length: 200 }, (_, index) => `${index} ${text}`));
      const filling = new Opened(open(given));
      await comesTrue(
        2 * patience.soon,
        () => given.accepted.length === 200,
        "everything has to be accepted",
      );
      await filling.close();
      // One item may be on its way in before the oldest go.
      assert.ok(
        (await size()) <= bytes + 2 * text.length,
        `it takes ${await size()} bytes instead of ${bytes}`,
      );
      const opened = new Opened(open(new Given([])));
      await comesTrue(
        patience.soon,
        () => opened.items.at(-1)?.value.startsWith("199 ") ?? false,
        "the newest has to be kept",
      );
      const numbers = opened.items.map(({ value }) => Number.parseInt(value, 10));
      assert.deepEqual(
        numbers,
        Array.from({ length: numbers.length }, (_, index) => 200 - numbers.length + index),
      );
      await opened.close();
    }),
  ];
}
