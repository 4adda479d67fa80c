import type { Part } from "../../core/health.ts";
import type { Snapshot } from "../../core/replica.ts";
import { Saver } from "../../core/saver.ts";
import type { Override, Standing } from "./state.ts";

/** What a service has to remember beyond a restart. */
export interface Remembered {
  readonly override?: Override | undefined;
  /** The admin state that we said last, so that we know when one of ours has ended. */
  readonly admin?: Standing["admin"];
  /** When our own drain or maintenance ended, in milliseconds since 1970. */
  readonly endedAt?: number | undefined;
  /** The longest pause between two polls at that time, in milliseconds. */
  readonly gap?: number | undefined;
}

type Data = Readonly<Record<string, Remembered>>;

/** The memory of all services of an agent, kept in one snapshot. */
export class Memory {
  readonly #saver: Saver<Data>;
  #data: Data = {};
  #version = 0;

  constructor(snapshot: Snapshot<Data>, part: Part) {
    this.#saver = new Saver(snapshot, part);
  }

  async load(): Promise<void> {
    const saved = await this.#saver.load();
    this.#data = saved?.data ?? {};
    this.#version = Number(saved?.version ?? 0);
  }

  of(service: string): Remembered {
    return this.#data[service] ?? {};
  }

  put(service: string, change: Remembered): void {
    this.#data = { ...this.#data, [service]: { ...this.of(service), ...change } };
    this.#version++;
    this.#saver.save({ version: String(this.#version), data: this.#data });
  }

  flush(kill: AbortSignal): Promise<void> {
    return this.#saver.flush(kill);
  }
}
