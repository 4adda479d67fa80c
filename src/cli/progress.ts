import { isatty } from "node:tty";

/** A line on standard error that tells how far a long task is: on a terminal, or where it is asked for. */
export class ProgressLine {
  readonly #terminal: boolean;
  readonly #shown: boolean;
  #drawn = false;
  #last = "";

  /** @param wanted `--progress` or `--no-progress`; undefined: on a terminal */
  constructor(wanted: boolean | undefined) {
    this.#terminal = isatty(2);
    this.#shown = wanted ?? this.#terminal;
  }

  get shown(): boolean {
    return this.#shown;
  }

  /** Shows what is being done. On a terminal it takes the place of what was shown before. */
  show(text: string): void {
    if (!this.#shown || text === this.#last) return;
    this.#last = text;
    process.stderr.write(this.#terminal ? `\r\x1b[K${text}` : `${text}\n`);
    this.#drawn = true;
  }

  /** Takes the line away, so that what is printed next stands alone. */
  end(): void {
    if (this.#drawn && this.#terminal) process.stderr.write("\r\x1b[K");
    this.#drawn = false;
  }
}

/** `45 %`, or nothing where the whole is not known. */
export function percent(done: number, whole: number | undefined): string {
  return whole === undefined || whole <= 0 ? "" : `${Math.min(100, Math.floor((100 * done) / whole))} %`;
}
