/** Hosts that take turns, from a random one on. A host that is listed twice gets twice as much. */
export class Hosts {
  readonly #hosts: readonly string[];
  #next: number;

  constructor(hosts: readonly string[], random = Math.random) {
    this.#hosts = hosts;
    this.#next = Math.floor(random() * hosts.length);
  }

  /** @returns undefined where there is none */
  next(): string | undefined {
    const host = this.#hosts[this.#next];
    this.#next = (this.#next + 1) % Math.max(1, this.#hosts.length);
    return host;
  }
}
