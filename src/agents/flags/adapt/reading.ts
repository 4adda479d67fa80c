import type { AdapterInput, Note } from "../../../core/agent.ts";
import type { Mistake } from "../../../core/problems.ts";
import { Options } from "./options.ts";

/** Reads the peer's options as what they should be, and gathers what is wrong with them, all of it. */
export class Reading {
  readonly notes: Note[] = [];
  readonly mistakes: Mistake[] = [];
  readonly #options: Options;

  constructor({ env, document }: AdapterInput) {
    this.#options = new Options(env, document);
  }

  /** The elements of a list, `Name:0`, `Name:1` … */
  list(name: string): string[] {
    return this.#options.list(name);
  }

  needed(name: string): string {
    const value = this.text(name);
    if (value === undefined) this.wrong(name, "is not set");
    return value ?? "";
  }

  uri(name: string, isNeeded: boolean): string | undefined {
    const value = isNeeded ? this.needed(name) : this.text(name);
    if (!value) return undefined;
    if (!/^(?:wss?|https?):\/\/[^/\s]+/i.test(value)) this.wrong(name, "is no absolute address");
    return value.replace(/\/+$/, "");
  }

  choice<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const value = this.text(name);
    if (value === undefined || choices.includes(value as T)) return value as T | undefined;
    this.wrong(name, `"${value}" is none of ${choices.join(", ")}`);
    return undefined;
  }

  flag(name: string, fallback: boolean): boolean {
    const value = this.text(name)?.toLowerCase();
    if (value === undefined) return fallback;
    if (value !== "true" && value !== "false") this.wrong(name, "is neither true nor false");
    return value === "true";
  }

  number(name: string, fallback: number): number {
    const value = this.text(name);
    if (value === undefined) return fallback;
    if (!/^\d{1,10}$/.test(value)) this.wrong(name, "is no whole number");
    return Number(value) || 0;
  }

  text(name: string): string | undefined {
    return this.#options.text(name);
  }

  note(at: string, message: string): void {
    this.notes.push({ at: this.#options.place(at), message });
  }

  wrong(at: string, message: string): void {
    this.mistakes.push({ at: this.#options.place(at), message });
  }
}
