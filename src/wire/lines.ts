import type { FileHandle } from "node:fs/promises";

/** How much is read at once, in bytes. */
const CHUNK = 64 * 1024;
const LINE_FEED = 0x0a;

/** A line of a file, without its end. */
export interface Line {
  readonly text: string;
  /** Where the next line begins, in bytes. */
  readonly next: number;
}

/** Reads a file line by line, from an offset on, as far as it has been written. */
export class LineReader {
  readonly #file: FileHandle;
  /** Where what is held begins in the file. */
  #offset: number;
  #held = Buffer.alloc(0);

  constructor(file: FileHandle, offset: number) {
    this.#file = file;
    this.#offset = offset;
  }

  /** Where the next line begins. */
  get offset(): number {
    return this.#offset;
  }

  /** The next line that has its end; undefined while there is none. */
  async next(): Promise<Line | undefined> {
    for (let searched = 0; ; ) {
      const end = this.#held.indexOf(LINE_FEED, searched);
      if (end >= 0) return this.#take(end, end + 1);
      searched = this.#held.length;
      if (!(await this.#more())) return undefined;
    }
  }

  /** What stands after the last line end, if anything. */
  rest(): Line | undefined {
    return this.#held.length === 0 ? undefined : this.#take(this.#held.length, this.#held.length);
  }

  #take(end: number, next: number): Line {
    const text = this.#held.toString("utf8", 0, end).replace(/\r$/, "");
    this.#held = this.#held.subarray(next);
    this.#offset += next;
    return { text, next: this.#offset };
  }

  async #more(): Promise<boolean> {
    const buffer = Buffer.allocUnsafe(CHUNK);
    const { bytesRead } = await this.#file.read(buffer, 0, CHUNK, this.#offset + this.#held.length);
    if (bytesRead === 0) return false;
    this.#held = Buffer.concat([this.#held, buffer.subarray(0, bytesRead)]);
    return true;
  }
}
