import type { Clock, Entry, Facts, NodeAgent, NodeRecord } from "./record.ts";
import type { AgentReport, Report, Taken } from "./report.ts";

/** So much of one process's history is kept; the oldest entry goes first. */
export const MOST_ENTRIES = 200;
/** So many changed agents stand in one entry. */
const MOST_NAMED = 20;
/** Who has missed three reports, or has been quiet this long in milliseconds, no longer holds its name. */
const QUIET = 15_000;

/** Another process with the same name. */
interface Rival {
  readonly host: string;
  readonly pid: number;
  readonly address: string;
  readonly until: number;
}

/**
 * One process as the one who listens knows it. Of two with the same name the one that began last is shown, and goes
 * on being shown: the other's reports are heard, but change nothing save that the conflict is told.
 */
export class Node {
  readonly name: string;
  readonly entries: Entry[] = [];
  readonly #clock: Clock;
  readonly #rivals = new Map<string, Rival>();
  /** When each run began, as it was worked out from its first report. */
  readonly #begun = new Map<string, number>();
  #facts: Facts | undefined;
  #seen: number;
  #heard: number;

  constructor(name: string, clock: Clock, from?: NodeRecord) {
    this.name = name;
    this.#clock = clock;
    this.#seen = from?.last_seen ?? clock.wall();
    this.#heard = clock.steady();
    if (from) this.restore(from);
  }

  get facts(): Facts {
    return this.#facts!;
  }

  /** The last report, in milliseconds since 1970. */
  get lastSeen(): number {
    return this.#seen;
  }

  /** How long ago that was, in milliseconds, whatever became of the clock on the wall. */
  get silence(): number {
    return this.#clock.steady() - this.#heard;
  }

  get conflict(): readonly string[] {
    return [...this.#rivals.values()].map(told);
  }

  /** Takes up what was written down. */
  restore({ facts, entries, last_seen, whole }: NodeRecord): void {
    if (whole) this.entries.length = 0;
    this.entries.push(...entries);
    this.#trim();
    this.#facts = facts;
    this.#begun.set(facts.instance, facts.started_at);
    this.touch(last_seen);
  }

  /** It was seen at a moment of the past. */
  touch(seen: number): void {
    this.#seen = seen;
    this.#heard = this.#clock.steady() - Math.max(0, this.#clock.wall() - seen);
  }

  /** Takes a report. @returns the answer, and whether there is news to write down */
  take(
    report: Report,
    address: string,
  ): { readonly answer: Taken; readonly news: readonly Entry[] | undefined } {
    const begun = this.#beginOf(report);
    const before = this.#facts;
    if (before && before.instance !== report.instance && !this.#gives(before, report.instance, begun)) {
      return this.#refuse(before, report, address);
    }
    this.#rivals.delete(report.instance);
    const facts = this.#factsOf(report, address, begun, before);
    const news = [...differences(before, facts, this.#clock.wall()), ...this.settle()];
    const changed = news.length > 0 || !before || plain(before) !== plain(facts);
    this.#facts = facts;
    this.#seen = this.#clock.wall();
    this.#heard = this.#clock.steady();
    this.#note(news);
    const [other] = this.conflict;
    return { answer: { taken: true, ...(other && { conflict: other }) }, news: changed ? news : undefined };
  }

  /** It has been silent for too long. @returns what to write down */
  lost(): Entry {
    const entry = {
      at: this.#clock.wall(),
      event: "offline",
      reason: "silent",
      last_seen: this.#seen,
    } as const;
    this.#facts = { ...this.facts, online: false };
    this.#note([entry]);
    return entry;
  }

  /** Forgets rivals that are heard no more. @returns what to write down */
  settle(): Entry[] {
    const before = this.#rivals.size;
    for (const [instance, { until }] of this.#rivals) {
      if (until < this.#clock.steady()) this.#rivals.delete(instance);
    }
    return before > 0 && this.#rivals.size === 0 ? [{ at: this.#clock.wall(), event: "conflict_over" }] : [];
  }

  /** Adds to the history. */
  record(entries: readonly Entry[]): void {
    this.#note(entries);
  }

  written(entries: readonly Entry[]): NodeRecord {
    return { node: this.name, facts: this.facts, last_seen: this.#seen, entries };
  }

  #beginOf({ instance, uptime }: Report): number {
    const known = this.#begun.get(instance);
    if (known !== undefined) return known;
    // Worked out once: the next report would say something slightly different, and the order must not change.
    const begun = this.#clock.wall() - uptime;
    if (this.#begun.size >= 16) this.#begun.delete(this.#begun.keys().next().value!);
    this.#begun.set(instance, begun);
    return begun;
  }

  /** Whether the name goes over to another run: the one that had it has ended, is quiet, or began earlier. */
  #gives(before: Facts, instance: string, begun: number): boolean {
    const gone = !before.online || this.silence > quiet(before.every);
    return gone || begun > before.started_at || (begun === before.started_at && instance > before.instance);
  }

  #refuse(shown: Facts, report: Report, address: string) {
    const { instance, host, pid, every, standing } = report;
    const news: Entry[] = [];
    if (standing === "stopped") {
      this.#rivals.delete(instance);
      if (this.#rivals.size === 0) news.push({ at: this.#clock.wall(), event: "conflict_over" });
    } else {
      const first = this.#rivals.size === 0;
      const rival = { host, pid, address, until: this.#clock.steady() + quiet(every) };
      this.#rivals.set(instance, rival);
      if (first) news.push({ at: this.#clock.wall(), event: "conflict", with: told(rival) });
    }
    this.#note(news);
    const conflict = told(shown);
    return { answer: { taken: false, conflict }, news: news.length > 0 ? news : undefined };
  }

  #factsOf(report: Report, address: string, begun: number, before: Facts | undefined): Facts {
    const now = this.#clock.wall();
    const { instance, version, host, pid, every, standing, agents, agents_total } = report;
    return {
      ...{ instance, version, host, pid, every, standing, agents_total, address },
      started_at: begun,
      agents: agents.map((agent) => agentOf(agent, now)),
      online: standing !== "stopped",
      first_seen: before?.first_seen ?? now,
    };
  }

  #note(entries: readonly Entry[]): void {
    this.entries.push(...entries);
    this.#trim();
  }

  #trim(): void {
    if (this.entries.length > MOST_ENTRIES) this.entries.splice(0, this.entries.length - MOST_ENTRIES);
  }
}

function quiet(every: number): number {
  return Math.max(3 * every, QUIET);
}

function told({ host, pid, address }: { host: string; pid: number; address: string }): string {
  return `process ${pid} of ${host} (${address})`;
}

function agentOf({ sync_age, ...agent }: AgentReport, now: number): NodeAgent {
  const { lag, why, ...rest } = agent;
  return {
    ...rest,
    ...(lag !== undefined && { lag }),
    ...(why !== undefined && { why }),
    ...(sync_age !== undefined && { last_sync: now - sync_age }),
  };
}

/** What has happened between two reports. */
function differences(before: Facts | undefined, after: Facts, at: number): Entry[] {
  const entries: Entry[] = [];
  const returns = !before?.online || before.instance !== after.instance;
  if (after.online && returns) entries.push(arrival(before, after, at));
  if (before && before.version !== after.version) {
    entries.push({ at, event: "version", version: after.version, was: before.version });
  }
  if (before?.online && !after.online) entries.push({ at, event: "offline", reason: "stopped" });
  else if (before && after.online) entries.push(...standings(before, after, at));
  return entries;
}

function arrival(before: Facts | undefined, after: Facts, at: number): Entry {
  const { version, address, standing } = after;
  const restarted = before?.online === true && before.instance !== after.instance;
  return { at, event: "online", version, address, standing, ...(restarted && { restarted }) };
}

/** One entry for all that changed at once. */
function standings(before: Facts, after: Facts, at: number): Entry[] {
  const was = new Map(before.agents.map(({ name, standing }) => [name, standing]));
  const changed = after.agents.filter(({ name, standing }) => was.get(name) !== standing);
  const names = new Set(after.agents.map(({ name }) => name));
  const gone = before.agents.filter(({ name }) => !names.has(name));
  if (changed.length + gone.length === 0 && before.standing === after.standing) return [];
  const agents = [
    ...changed.map(({ name, standing }) => [name, standing] as const),
    ...gone.map(({ name }) => [name, "removed"] as const),
  ];
  const named = Object.fromEntries(agents.slice(0, MOST_NAMED));
  const more = agents.length > MOST_NAMED ? { more: agents.length - MOST_NAMED } : {};
  return [{ at, event: "standing", standing: after.standing, was: before.standing, agents: named, ...more }];
}

/** What has to be written down when it changes; lags and times of syncing change with every report. */
function plain({ agents, ...facts }: Facts): string {
  return JSON.stringify({ ...facts, agents: agents.map(({ lag, last_sync, ...agent }) => agent) });
}
