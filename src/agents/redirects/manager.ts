import { Bell } from "../../core/bell.ts";
import type { Feed, Link } from "../../core/feed.ts";
import type { Part } from "../../core/health.ts";
import { unless } from "../../core/life.ts";
import { LinkProblem, messageOf, Problem } from "../../core/problems.ts";
import type { Revision } from "../../core/replica.ts";
import type { AgentReport, ManagerApi } from "./manager-api.ts";
import { loadList } from "./manager-pages.ts";
import { parsePattern } from "./regex/parse.ts";
import { PatternProblem } from "./regex/problem.ts";
import { type Page, type Rule, RuleSet, type Rules } from "./rules.ts";

export interface ManagerOptions {
  readonly api: ManagerApi;
  readonly name: string;
  readonly type: AgentReport["type"];
  /** The pause between two looks, in milliseconds. */
  readonly every: number;
  /** `peer` sends exactly the requests that the peer sends; `healing` sends fewer, and mends what it can. */
  readonly sync: "peer" | "healing";
  readonly pageSize: number;
  /** The health of telling the Manager how we are. */
  readonly reporting: Part;
}

/** A load under way. */
interface Loading {
  /** The version that was seen first; it is the one that is reported. */
  readonly version: number;
  readonly began: number;
  /** Why it failed, once that is known; empty if it worked. */
  error: string;
}

/** A Manager accepts names of these characters only. */
const NAME = /^[A-Za-z0-9_-]+$/;
/** The Manager's database keeps so many characters of an error. */
const LONGEST_ERROR = 500;
/** How often the lists are read again when the version moved meanwhile. */
const MOST_TRIES = 5;

/** The rules of one project, polled from a Flecto Manager, which is told how loading them went. */
export class ManagerFeed implements Feed<Revision<Rules>> {
  readonly #options: ManagerOptions;
  readonly #bell = new Bell();
  #loading: Loading | undefined;
  #last: AgentReport | undefined;
  #registered = false;

  constructor(options: ManagerOptions) {
    this.#options = options;
  }

  /** Looks now instead of at the next interval. */
  refresh(): void {
    this.#bell.ring();
  }

  /** What was handed on last could not be served, or not all of it. */
  failed(error: string): void {
    if (this.#loading) this.#loading.error = error;
  }

  async *open(link: Link<Revision<Rules>>): AsyncGenerator<Revision<Rules>> {
    const { api, sync } = this.#options;
    // Before its first load, the peer's state has version 0; so it never loads a project that is at 0.
    let held = link.after?.version ?? (sync === "peer" ? "0" : undefined);
    while (!link.signal.aborted) {
      const version = await api.version(link.signal);
      if (String(version) === held) await this.#heartbeat(version, link.signal);
      else {
        const loading: Loading = { version, began: performance.now(), error: "" };
        this.#loading = loading;
        const revision = await this.#load(loading, link);
        yield revision;
        await this.#report(loading, link.signal);
        held = revision.version;
      }
      link.up();
      await this.#pause(link.signal);
    }
  }

  async probe(signal: AbortSignal): Promise<void> {
    const { api } = this.#options;
    await api.version(signal);
    await api.redirects("limit=1&offset=0", signal);
    await api.pages("limit=1&offset=0", signal);
  }

  async #load(loading: Loading, link: Link<Revision<Rules>>): Promise<Revision<Rules>> {
    try {
      if (this.#options.sync === "healing") return await this.#loadWhole(loading.version, link);
      return await this.#loadAsPeer(link.signal);
    } catch (error) {
      if (link.signal.aborted) throw error;
      loading.error = messageOf(error);
      // How the report of a failure fares does not matter: the failure itself is told.
      await this.#report(loading, link.signal).catch(() => {});
      throw error instanceof PatternProblem ? new LinkProblem("answer_unexpected", error.message) : error;
    }
  }

  /** As the peer: the version once more, redirects, and pages only if every pattern compiles. */
  async #loadAsPeer(signal: AbortSignal): Promise<Revision<Rules>> {
    const version = await this.#options.api.version(signal);
    const redirects = RuleSet.of(await this.#redirects(signal));
    for (const { type, source } of redirects)
      if (type === "REGEX" || type === "REGEX_HOST") parsePattern(source);
    return { version: String(version), data: { redirects, pages: await this.#pages(signal) } };
  }

  /** Reads everything, and starts over if somebody published meanwhile, so that no state mixes two versions. */
  async #loadWhole(version: number, link: Link<Revision<Rules>>): Promise<Revision<Rules>> {
    let reading = version;
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const redirects = RuleSet.of(await this.#redirects(link.signal));
      const pages = await this.#pages(link.signal);
      link.up();
      const after = await this.#options.api.version(link.signal);
      if (after === reading) return { version: String(reading), data: { redirects, pages } };
      reading = after;
    }
    throw new LinkProblem(
      "moved_while_reading",
      `the project moved to version ${reading} while it was being read`,
    );
  }

  #redirects(signal: AbortSignal): Promise<Rule[]> {
    const { api, sync, pageSize } = this.#options;
    return loadList((query) => api.redirects(query, signal), { asPeer: sync === "peer", pageSize });
  }

  #pages(signal: AbortSignal): Promise<Page[]> {
    const { api, sync, pageSize } = this.#options;
    return loadList((query) => api.pages(query, signal), { asPeer: sync === "peer", pageSize });
  }

  async #heartbeat(version: number, signal: AbortSignal): Promise<void> {
    const { api, name, sync } = this.#options;
    if (sync === "peer") return api.hit(name, signal);
    this.#last ??= this.#reportOf({ version, began: performance.now(), error: "" });
    // Where a heartbeat failed, the Manager may have forgotten us, so we introduce ourselves again.
    const last = this.#last;
    return this.#tell(() => (this.#registered ? api.hit(name, signal) : api.report(last, signal)));
  }

  async #report(loading: Loading, signal: AbortSignal): Promise<void> {
    const { api, name, sync } = this.#options;
    const report = this.#reportOf(loading);
    this.#last = report;
    if (sync === "healing") return this.#tell(() => api.report(report, signal));
    if (!NAME.test(name))
      throw new LinkProblem("answer_unexpected", `the Manager takes no agent named "${name}"`);
    return api.report(report, signal);
  }

  /** Telling the Manager is a courtesy: if it fails, serving goes on, and the next look introduces us again. */
  async #tell(send: () => Promise<void>): Promise<void> {
    try {
      await send();
      this.#registered = true;
      this.#options.reporting.up();
    } catch (error) {
      this.#registered = false;
      if (error instanceof Problem) this.#options.reporting.down(error);
    }
  }

  #reportOf({ version, began, error }: Loading): AgentReport {
    const { name, type, sync } = this.#options;
    const duration = Math.max(1, Math.round((performance.now() - began) * 1e6));
    const told = sync === "healing" ? error.slice(0, LONGEST_ERROR) : error;
    return {
      name,
      status: error === "" ? "success" : "error",
      type,
      version,
      load_duration: duration,
      error: told,
    };
  }

  /** Waits for the interval, with some jitter so that a crowd of agents spreads, or for `refresh`. */
  async #pause(signal: AbortSignal): Promise<void> {
    const { every, sync } = this.#options;
    const jitter = sync === "peer" ? 0 : (Math.random() - 0.5) * 0.2 * every;
    const timer = setTimeout(() => this.#bell.ring(), every + jitter);
    await unless(signal, this.#bell.rung());
    clearTimeout(timer);
  }
}
