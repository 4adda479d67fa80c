import type { Host } from "../../core/agent.ts";
import { Bell } from "../../core/bell.ts";
import { type Life, unless } from "../../core/life.ts";
import { Berth } from "./berth.ts";
import type { LineConfig } from "./config.ts";
import type { Line } from "./line.ts";

/** Subscriptions side by side: each lives and falls by itself, and they come and go while the others run. */
export class Fleet {
  readonly #host: Host;
  readonly #berths = new Map<string, Berth>();
  readonly #running = new Map<string, Promise<void>>();
  readonly #bell = new Bell();
  #wanted: ReadonlyMap<string, LineConfig> = new Map();
  #halted = false;
  /** When it was started and stopped last, in milliseconds since 1970; 0 for never. */
  started = 0;
  stopped = 0;

  constructor(host: Host) {
    this.#host = host;
  }

  get lines(): readonly Line[] {
    return [...this.#berths.values()].flatMap(({ line }) => line ?? []);
  }

  get halted(): boolean {
    return this.#halted;
  }

  /** Starts what is new, ends what is gone, replaces what has changed, and leaves the rest alone. */
  want(wanted: ReadonlyMap<string, LineConfig>): void {
    this.#wanted = wanted;
    this.#bell.ring();
  }

  /** Stops every subscription until `resume`. */
  halt(): void {
    this.#halted = true;
    this.stopped = Date.now();
    this.#bell.ring();
  }

  resume(): void {
    this.#halted = false;
    this.started = Date.now();
    this.#bell.ring();
  }

  /** Resolves when all that was running when it was called has ended. */
  async idle(signal: AbortSignal): Promise<void> {
    await unless(signal, Promise.all(this.#running.values()));
  }

  async run(life: Life): Promise<void> {
    this.started = Date.now();
    while (!life.stop.aborted) {
      this.#reconcile(life);
      await this.#bell.rung(life.stop);
    }
    await Promise.all(this.#running.values());
  }

  #reconcile(life: Life): void {
    const wanted: ReadonlyMap<string, LineConfig> = this.#halted ? new Map() : this.#wanted;
    for (const [name, berth] of this.#berths) berth.want(wanted.get(name));
    for (const [name, config] of wanted) if (!this.#running.has(name)) this.#start(name, config, life);
  }

  #start(name: string, config: LineConfig, life: Life): void {
    const berth = new Berth(name, this.#host);
    berth.want(config);
    this.#berths.set(name, berth);
    const running = berth.run(life).then(() => {
      this.#berths.delete(name);
      this.#running.delete(name);
      // It may be wanted once more by now.
      this.#bell.ring();
    });
    this.#running.set(name, running);
  }
}
