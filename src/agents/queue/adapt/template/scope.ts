/** Variables of a block, and of those around it. */
export class Scope {
  readonly #own = new Map<string, unknown>();
  readonly #around: Scope | undefined;

  constructor(around?: Scope) {
    this.#around = around;
  }

  declare(name: string, value: unknown): void {
    this.#own.set(name, value);
  }

  /** @returns whether there is such a variable */
  assign(name: string, value: unknown): boolean {
    if (!this.#own.has(name)) return this.#around?.assign(name, value) ?? false;
    this.#own.set(name, value);
    return true;
  }

  find(name: string): Map<string, unknown> | undefined {
    return this.#own.has(name) ? this.#own : this.#around?.find(name);
  }
}
