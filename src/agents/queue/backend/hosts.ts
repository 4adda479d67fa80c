/** Hosts that take turns, from a random one on. A host that is listed twice gets twice as much. */
export class Hosts {
  readonly #random: () => number;
  #hosts: readonly string[] = [];
  #next = 0;

  constructor(hosts: readonly string[] = [], random = Math.random) {
    this.#random = random;
    this.replace(hosts);
  }

  /** @returns undefined where there is none */
  next(): string | undefined {
    const host = this.#hosts[this.#next];
    this.#next = (this.#next + 1) % Math.max(1, this.#hosts.length);
    return host;
  }

  /** Takes turns among others, from a random one of them on. */
  replace(hosts: readonly string[]): void {
    this.#hosts = hosts;
    this.#next = Math.floor(this.#random() * hosts.length);
  }
}
