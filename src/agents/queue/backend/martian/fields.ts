import { BlockError } from "./errors.ts";

/** The fields of a block, read as Go reads JSON: whatever the case of names, null and absence are the zero value. */
export class Fields {
  readonly at: string;
  readonly #values: ReadonlyMap<string, unknown>;

  /** Throws BlockError for what is no object. */
  constructor(at: string, value: unknown) {
    this.at = at;
    if (value === null || typeof value !== "object" || Array.isArray(value)) throw this.error("is no object");
    this.#values = new Map(Object.entries(value).map(([name, inner]) => [name.toLowerCase(), inner]));
    this.entries = Object.entries(value);
  }

  /** Names and values as they were written. */
  readonly entries: readonly (readonly [string, unknown])[];

  error(message: string): BlockError {
    return new BlockError(this.at, message);
  }

  text(name: string): string {
    const value = this.#of(name) ?? "";
    if (typeof value !== "string") throw this.error(`\`${name}\` is no text`);
    return value;
  }

  flag(name: string): boolean {
    const value = this.#of(name) ?? false;
    if (typeof value !== "boolean") throw this.error(`\`${name}\` is neither true nor false`);
    return value;
  }

  whole(name: string): number {
    const value = this.#of(name) ?? 0;
    if (!Number.isSafeInteger(value)) throw this.error(`\`${name}\` is no whole number`);
    return value as number;
  }

  texts(name: string): string[] {
    return this.optionalTexts(name) ?? [];
  }

  optionalTexts(name: string): string[] | undefined {
    const value = this.#of(name);
    if (value === undefined) return undefined;
    if (!Array.isArray(value) || !value.every((item) => typeof item === "string")) {
      throw this.error(`\`${name}\` is no list of texts`);
    }
    return value;
  }

  blocks(name: string): Fields[] {
    const value = this.#of(name) ?? [];
    if (!Array.isArray(value)) throw this.error(`\`${name}\` is no list`);
    return value.map((item, i) => new Fields(`${this.at}.${name}[${i}]`, item));
  }

  block(name: string): Fields {
    const block = this.optionalBlock(name);
    if (block === undefined) throw this.error(`\`${name}\` is missing`);
    return block;
  }

  optionalBlock(name: string): Fields | undefined {
    const value = this.#of(name);
    return value === undefined ? undefined : new Fields(`${this.at}.${name}`, value);
  }

  #of(name: string): unknown {
    return this.#values.get(name.toLowerCase()) ?? undefined;
  }
}
