import { ConfigProblem } from "../../core/problems.ts";
import { Node } from "./node.ts";
import type { Clock, Entry, Facts, FleetRecord, NodeAgent } from "./record.ts";
import type { Report, Taken } from "./report.ts";

/** So many processes are known at once. Beyond that, the one that has been offline longest is forgotten. */
export const MOST_NODES = 1_000;
/** So many entries the histories of all processes have; the longest history loses its oldest first. */
export const MOST_IN_ALL = 20_000;
/** After a start of ours, processes get this long besides twice their `every` to be heard again, in milliseconds. */
const COME_BACK = 60_000;

export interface BookOptions {
  /** Who has been silent for so long, in milliseconds, is offline. */
  readonly offlineAfter: number;
  readonly clock: Clock;
  /** Who listens is never offline to itself. */
  readonly self: string;
  /** Takes what has to outlive us. */
  readonly write: (record: FleetRecord) => void;
}

/** One process, as the API and the command line show it. Moments are in milliseconds since 1970. */
export interface NodeReport extends Omit<Facts, "instance"> {
  readonly name: string;
  readonly kinds: readonly string[];
  readonly last_seen: number;
  /** When the agent that is furthest behind last heard from what it follows. */
  readonly last_sync?: number;
  /** Other processes that report under this name. */
  readonly conflict?: readonly string[];
}

/** Everything that is known of a fleet: who reports, how it is, and what has happened. */
export class Book {
  readonly #options: BookOptions;
  readonly #nodes = new Map<string, Node>();
  readonly #opened: number;

  constructor(options: BookOptions) {
    this.#options = options;
    this.#opened = options.clock.steady();
  }

  /** Takes up what was written down earlier. */
  restore(record: FleetRecord): void {
    if ("forgotten" in record) this.#nodes.delete(record.forgotten);
    else if ("seen" in record) {
      for (const [name, seen] of Object.entries(record.seen)) this.#nodes.get(name)?.touch(seen);
    } else {
      const known = this.#nodes.get(record.node);
      if (known) known.restore(record);
      else this.#nodes.set(record.node, new Node(record.node, this.#options.clock, record));
    }
  }

  /** Takes a report of a process. Throws ConfigProblem when there is no room for one more. */
  take(report: Report, address: string): Taken {
    const known = this.#nodes.get(report.name);
    if (!known) this.#makeRoom();
    const node = known ?? new Node(report.name, this.#options.clock);
    const { answer, news } = node.take(report, address);
    this.#nodes.set(node.name, node);
    if (news) this.#write(node, news);
    return answer;
  }

  /** Looks who has become silent. @returns after how many milliseconds to look again; undefined: nobody is online */
  check(): number | undefined {
    let next: number | undefined;
    for (const node of this.#nodes.values()) {
      const settled = node.settle();
      if (settled.length > 0) {
        node.record(settled);
        this.#write(node, settled);
      }
      if (!node.facts.online || node.name === this.#options.self) continue;
      const left = this.#left(node);
      if (left <= 0) this.#write(node, [node.lost()]);
      else next = Math.min(next ?? left, left);
    }
    return next;
  }

  nodes(): NodeReport[] {
    return [...this.#nodes.values()]
      .map(shown)
      .sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
  }

  /** When each was last seen, in milliseconds since 1970. */
  lastSeen(): Map<string, number> {
    return new Map([...this.#nodes.values()].map(({ name, lastSeen }) => [name, lastSeen]));
  }

  /** What has happened to a process, the oldest first. Throws ConfigProblem for one that is not known. */
  history(name: string): readonly Entry[] {
    return this.#known(name).entries;
  }

  /** Throws ConfigProblem for one that is not known. */
  forget(name: string): void {
    this.#known(name);
    this.#nodes.delete(name);
    this.#options.write({ forgotten: name });
  }

  /** All of it, as it would be written down from the beginning. */
  *whole(): Generator<FleetRecord> {
    for (const node of this.#nodes.values()) yield { ...node.written(node.entries), whole: true };
  }

  #known(name: string): Node {
    const node = this.#nodes.get(name);
    if (!node) throw new ConfigProblem("node_unknown", `no process has reported as "${name}"`);
    return node;
  }

  /** How long a process may still be silent. What it may have said while we were not there counts for it. */
  #left(node: Node): number {
    const { offlineAfter, clock } = this.#options;
    const { every } = node.facts;
    const patience = Math.max(offlineAfter, 2 * every);
    const sinceOpened = clock.steady() - this.#opened;
    return Math.max(patience - node.silence, Math.min(patience, 2 * every + COME_BACK) - sinceOpened);
  }

  #makeRoom(): void {
    if (this.#nodes.size < MOST_NODES) return;
    const offline = [...this.#nodes.values()].filter(({ facts }) => !facts.online);
    const [oldest] = offline.sort((a, b) => a.lastSeen - b.lastSeen);
    if (!oldest) throw new ConfigProblem("fleet_full", `${MOST_NODES} processes report already`);
    this.forget(oldest.name);
  }

  #write(node: Node, entries: readonly Entry[]): void {
    this.#options.write(node.written(entries));
    let total = [...this.#nodes.values()].reduce((sum, each) => sum + each.entries.length, 0);
    for (; total > MOST_IN_ALL; total--) longest(this.#nodes.values()).entries.shift();
  }
}

function longest(nodes: Iterable<Node>): Node {
  return [...nodes].reduce((a, b) => (b.entries.length > a.entries.length ? b : a));
}

function shown(node: Node): NodeReport {
  const { instance, ...facts } = node.facts;
  const syncs = facts.agents.flatMap(({ last_sync }: NodeAgent) => last_sync ?? []);
  return {
    name: node.name,
    kinds: [...new Set(facts.agents.map(({ kind }) => kind))].sort(),
    ...facts,
    last_seen: node.lastSeen,
    ...(syncs.length > 0 && { last_sync: Math.min(...syncs) }),
    ...(node.conflict.length > 0 && { conflict: node.conflict }),
  };
}
