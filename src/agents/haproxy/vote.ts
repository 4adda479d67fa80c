import { Bell } from "../../core/bell.ts";
import { type Life, Within } from "../../core/life.ts";
import { messageOf } from "../../core/problems.ts";
import { maskUrl } from "../../core/secret.ts";
import type { Check } from "../../wire/checks.ts";
import type { Verdict } from "./state.ts";

/** One voter: what it looks at, and how its looks become a vote. */
export interface Ballot {
  /** What it looks at, for people: `http http://127.0.0.1:3000/health`. */
  readonly name: string;
  readonly look: Check;
  /** Calls `changed` when looking again is worth it before `every` is over. @returns a function that ends it */
  watch?(changed: () => void): () => void;
  /** The pause between two looks, in milliseconds. */
  readonly every: number;
  /** How long a look may take, in milliseconds. */
  readonly timeout: number;
  /** So many good looks in a row make a good vote. */
  readonly rise: number;
  /** So many bad looks in a row make a bad vote. */
  readonly fall: number;
  readonly weight: number;
  /** What a bad vote asks for. */
  readonly asks: "drain" | "down";
}

/** A voter at work. It begins undecided, and an undecided voter does not vote. */
export class Voter {
  readonly ballot: Ballot;
  /** undefined: not decided yet. */
  good: boolean | undefined;
  reason: string | undefined;
  /** When the vote last changed, in milliseconds since 1970. */
  since = Date.now();
  /** Rings after each look. */
  readonly looked = new Bell();
  readonly #changed = new Bell();
  #row = 0;
  #last: boolean | undefined;

  constructor(ballot: Ballot) {
    this.ballot = ballot;
  }

  /** Looks again and again until told to stop; calls `changed` when the vote has changed. */
  async run(life: Life, changed: () => void): Promise<void> {
    const forget = this.ballot.watch?.(() => this.#changed.ring());
    while (!life.stop.aborted) {
      const reason = await this.#look(life.stop);
      // A look that our own end has cut short says nothing.
      if (life.stop.aborted) break;
      if (this.#count(reason)) changed();
      this.looked.ring();
      await this.#changed.rungWithin(this.ballot.every, life.stop);
    }
    forget?.();
  }

  /** @returns why it is not well, or undefined if it is */
  async #look(stop: AbortSignal): Promise<string | undefined> {
    const within = new Within(stop, this.ballot.timeout);
    try {
      await this.ballot.look(within.signal);
      return undefined;
    } catch (error) {
      // It is shown by HAProxy, to people who need not know what a URL hides.
      return maskUrl(messageOf(error));
    } finally {
      within.end();
    }
  }

  /** @returns whether the vote changed */
  #count(reason: string | undefined): boolean {
    const good = reason === undefined;
    this.#row = good === this.#last ? this.#row + 1 : 1;
    this.#last = good;
    const { rise, fall } = this.ballot;
    // The first look decides at once: a service that is down at the start should not be offered for `fall` looks.
    const decided = this.good === undefined || this.#row >= (good ? rise : fall);
    if (!decided || (this.good === good && this.reason === reason)) return false;
    if (this.good !== good) this.since = Date.now();
    this.good = good;
    this.reason = reason;
    return true;
  }
}

/** How many votes a service needs: all of them, more than half of the weight, or so much weight. */
export type Need = "all" | "majority" | number;

/** What the voters say together. Whoever is undecided is in nobody's way. */
export function count(voters: readonly Voter[], need: Need): Verdict {
  const bad = voters.filter(({ good }) => good === false);
  const worst = bad.find(({ ballot }) => ballot.asks === "down") ?? bad[0];
  const well = voters.filter(({ good }) => good !== false);
  if (!worst || isEnough(sum(well), sum(voters), need)) return { says: "up", reason: undefined };
  return { says: worst.ballot.asks, reason: worst.reason };
}

function isEnough(well: number, all: number, need: Need): boolean {
  if (need === "all") return well === all;
  return need === "majority" ? 2 * well > all : well >= need;
}

function sum(voters: readonly Voter[]): number {
  return voters.reduce((total, { ballot }) => total + ballot.weight, 0);
}
