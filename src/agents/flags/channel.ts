import { setImmediate as breathe } from "node:timers/promises";
import type { EnvironmentView } from "./environment-view.ts";
import type { Flag, Segment } from "./model.ts";
import { type Message, serverSync } from "./payload.ts";
import type { User } from "./user.ts";

/** Somebody who is told of changes. */
export interface Subscriber {
  readonly type: "server" | "client";
  /** For whom flags are evaluated; a client that has not said it yet is told nothing. */
  readonly user: User | undefined;
  /** The number of the change up to which it was told. */
  at: number;
  /** What it was told last is still on its way: it is brought up to date when that has arrived. */
  readonly congested: boolean;
  tell(message: Message, shared: boolean): void;
}

/** What changed with one number. */
interface Change {
  readonly flags: ReadonlySet<string>;
  readonly segments: ReadonlySet<string>;
  readonly full: boolean;
}

export interface ChannelOptions {
  /** Changes within so many milliseconds are told together. */
  readonly gather: number;
  /** Told how long a change took from its arrival to the last subscriber that was ready for it, in milliseconds. */
  spread(ms: number, subscribers: number): void;
}

/** So many changes are remembered; who is further behind is sent everything. */
const MOST_CHANGES = 64;
/** So long is spread in one go, in milliseconds; then others have their turn. */
const SLICE = 8;

/**
 * One environment and those who follow it. Changes are numbered; a subscriber knows the number it was told, so that
 * whoever was slow is brought from there to the present in one step, however much has happened since.
 */
export class Channel {
  readonly subscribers = new Set<Subscriber>();
  readonly #options: ChannelOptions;
  /** The change with number n stands at n modulo `MOST_CHANGES`. */
  readonly #changes: Change[] = [];
  readonly #steps = new Map<number, Message>();
  #view: EnvironmentView;
  #told: EnvironmentView;
  #number = 0;
  #timer: NodeJS.Timeout | undefined;
  #since = 0;
  #full = false;
  #spreading = false;

  constructor(view: EnvironmentView, options: ChannelOptions) {
    this.#view = view;
    this.#told = view;
    this.#options = options;
  }

  get view(): EnvironmentView {
    return this.#view;
  }

  /** The number of the last change; who was just answered is up to date with it. */
  get number(): number {
    return this.#number;
  }

  /** From now on this is served. @param full whether everybody is to replace what they hold, changed or not */
  publish(view: EnvironmentView, full = false): void {
    this.#view = view;
    this.#full ||= full;
    if (this.#timer) return;
    this.#since = performance.now();
    this.#timer = setTimeout(() => this.#change(), this.#options.gather);
  }

  /** Brings one that can listen again up to date. */
  resume(subscriber: Subscriber): void {
    if (subscriber.at < this.#number) this.#bring(subscriber);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.subscribers.clear();
  }

  #change(): void {
    this.#timer = undefined;
    const { flags, segments, removed } = this.#view.differenceFrom(this.#told);
    const full = removed || this.#full;
    this.#told = this.#view;
    this.#full = false;
    if (!full && flags.length === 0 && segments.length === 0) return;
    this.#number++;
    this.#changes[this.#number % MOST_CHANGES] = { flags: idsOf(flags), segments: idsOf(segments), full };
    this.#steps.clear();
    void this.#spread();
  }

  async #spread(): Promise<void> {
    if (this.#spreading) return;
    this.#spreading = true;
    for (let number = -1; number !== this.#number; ) {
      number = this.#number;
      const began = this.#since;
      await this.#spreadOnce();
      this.#options.spread(performance.now() - began, this.subscribers.size);
    }
    this.#spreading = false;
  }

  async #spreadOnce(): Promise<void> {
    let slice = performance.now() + SLICE;
    for (const subscriber of this.subscribers) {
      if (subscriber.at < this.#number && !subscriber.congested) this.#bring(subscriber);
      if (performance.now() < slice) continue;
      await breathe();
      slice = performance.now() + SLICE;
    }
  }

  #bring(subscriber: Subscriber): void {
    const from = subscriber.at;
    subscriber.at = this.#number;
    if (subscriber.type === "server") subscriber.tell(this.#step(from), true);
    else if (subscriber.user) this.#bringClient(subscriber, subscriber.user, from);
  }

  /** What leads a server SDK from one change to the present. Most are at the same one. */
  #step(from: number): Message {
    const known = this.#steps.get(from);
    if (known) return known;
    const change = this.#after(from);
    const made = change.full
      ? this.#told.serverAnswer(0)
      : serverSync("patch", this.#flags(change), this.#segments(change));
    this.#steps.set(from, made);
    return made;
  }

  #bringClient(subscriber: Subscriber, user: User, from: number): void {
    const change = this.#after(from);
    const all = this.#told.environment.featureFlags;
    const flags = new Set([...this.#flags(change), ...this.#told.affectedBy(this.#segments(change))]);
    if (change.full) subscriber.tell(this.#told.clientAnswer("full", user, all), false);
    else if (flags.size > 0) subscriber.tell(this.#told.clientAnswer("patch", user, [...flags]), false);
  }

  /** All changes after a number as one. */
  #after(from: number): Change {
    if (this.#number - from > MOST_CHANGES) return { flags: new Set(), segments: new Set(), full: true };
    const flags = new Set<string>();
    const segments = new Set<string>();
    let full = false;
    for (let number = from + 1; number <= this.#number; number++) {
      const change = this.#changes[number % MOST_CHANGES]!;
      for (const id of change.flags) flags.add(id);
      for (const id of change.segments) segments.add(id);
      full ||= change.full;
    }
    return { flags, segments, full };
  }

  #flags({ flags }: Change): readonly Flag[] {
    return this.#told.environment.featureFlags.filter(({ id }) => flags.has(id));
  }

  #segments({ segments }: Change): readonly Segment[] {
    return [...segments].flatMap((id) => this.#told.segment(id) ?? []);
  }
}

function idsOf(items: readonly { readonly id: string }[]): ReadonlySet<string> {
  return new Set(items.map(({ id }) => id));
}
