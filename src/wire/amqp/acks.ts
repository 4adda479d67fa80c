import type { Outcome } from "../../core/delivery.ts";
import { Progress } from "../../core/progress.ts";

/** How a broker is told what became of its messages; `multiple` means this one and all before it. */
export interface Teller {
  ack(tag: number, multiple: boolean): void;
  nack(tag: number, requeue: boolean): void;
}

/**
 * Gathers what was settled and tells the broker once in a turn of the event loop.
 *
 * What is settled without a gap is acknowledged with one frame. What is settled beyond a gap is acknowledged piece by
 * piece instead of waiting for the gap to close: one slow message must not keep the places of all others in the
 * prefetch window, and an acknowledgement of "all before" would take the slow one with it.
 */
export class Acks {
  readonly #teller: Teller;
  readonly #onReject: "ack" | "discard";
  /** Up to which tag everything is settled. Tags begin at 1 and have no gaps (AMQP 0-9-1, `delivery-tag`). */
  readonly #progress = new Progress(0);
  #done: number[] = [];
  #refused: { tag: number; requeue: boolean }[] = [];
  #due = false;
  #closed = false;

  constructor(teller: Teller, onReject: "ack" | "discard") {
    this.#teller = teller;
    this.#onReject = onReject;
  }

  /** @returns how to settle the message of this tag; a second call of it, or one after `close`, does nothing */
  begin(tag: number): (outcome: Outcome) => void {
    const end = this.#progress.begin(tag);
    let settled = false;
    return (outcome) => {
      if (settled || this.#closed) return;
      settled = true;
      end();
      this.#settle(tag, outcome);
    };
  }

  /** Tells the broker what is settled so far. */
  flush(): void {
    this.#due = false;
    const upTo = this.#progress.position;
    const [refused, done] = [this.#refused, this.#done];
    this.#refused = [];
    this.#done = [];
    // First, so that "all before" does not acknowledge what is to be given again.
    for (const { tag, requeue } of refused) this.#teller.nack(tag, requeue);
    let last = 0;
    for (const tag of done) {
      if (tag > upTo) this.#teller.ack(tag, false);
      else if (tag > last) last = tag;
    }
    if (last > 0) this.#teller.ack(last, true);
  }

  /** Tells the broker the last, and nothing any more. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.flush();
  }

  #settle(tag: number, outcome: Outcome): void {
    if (outcome === "done" || (outcome === "reject" && this.#onReject === "ack")) this.#done.push(tag);
    else this.#refused.push({ tag, requeue: outcome === "retry" });
    if (this.#due) return;
    this.#due = true;
    setImmediate(() => {
      if (!this.#closed) this.flush();
    });
  }
}
