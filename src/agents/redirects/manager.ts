import { Bell } from "../../core/bell.ts";
import type { Feed, Link } from "../../core/feed.ts";
import { paced, type Told } from "../../core/pace.ts";
import { LinkProblem, messageOf } from "../../core/problems.ts";
import type { Revision } from "../../core/replica.ts";
import type { ManagerApi } from "./manager-api.ts";
import { loadList } from "./manager-pages.ts";
import { parsePattern } from "./regex/parse.ts";
import { PatternProblem } from "./regex/problem.ts";
import type { Registration } from "./registration.ts";
import { type Page, type Rule, RuleSet, type Rules } from "./rules.ts";

export interface ManagerOptions {
  readonly api: ManagerApi;
  readonly registration: Registration;
  /** The pause between two looks, in milliseconds. */
  readonly every: number;
  /** `peer` sends exactly the requests that the peer sends; `healing` sends fewer, and mends what it can. */
  readonly sync: "peer" | "healing";
  /** How many rows are asked for at once. */
  readonly pageSize: number;
  /** Told now and then how many rules of how many have been read, while that takes long. */
  readonly told?: Told;
}

/** So many pages, each up to a megabyte, are asked for at once. */
const MOST_PAGES = 100;
/** How often the lists are read again when the version moved meanwhile. */
const MOST_TRIES = 5;

/** The rules of one project, polled from a Flecto Manager, which is told how loading them went. */
export class ManagerFeed implements Feed<Revision<Rules>> {
  readonly #options: ManagerOptions;
  readonly #bell = new Bell();
  /** The version that was loaded last by this process. */
  #loaded: string | undefined;
  /** Why not all of what was loaded is served; empty if all is. */
  #failure = "";

  constructor(options: ManagerOptions) {
    this.#options = options;
  }

  /** Looks now instead of at the next interval, or the next try after a failure. */
  refresh(): void {
    this.#bell.ring();
  }

  /** What was handed on, or was kept from before, is made ready. `error`: why not all of it can be served. */
  built(error: string): void {
    this.#failure = error;
  }

  async *open(link: Link<Revision<Rules>>): AsyncGenerator<Revision<Rules>> {
    const { api, sync, registration } = this.#options;
    // The peer keeps nothing on disk: it begins at version 0, and so never loads a project that is at 0.
    let held = sync === "peer" ? (this.#loaded ?? "0") : link.after?.version;
    while (!link.signal.aborted) {
      const version = await api.version(link.signal);
      const began = performance.now();
      if (String(version) === held) {
        await registration.alive({ version, began, error: this.#failure }, link.signal);
      } else {
        const revision = await this.#load(version, began, link);
        yield revision;
        held = this.#loaded = revision.version;
        // The peer reports the version that it saw first.
        const reported = sync === "peer" ? version : Number(held);
        await registration.report({ version: reported, began, error: this.#failure }, link.signal);
      }
      link.up();
      await this.#pause(link.signal);
    }
  }

  hurried(signal: AbortSignal): Promise<void> {
    return this.#bell.rung(signal);
  }

  async probe(signal: AbortSignal): Promise<void> {
    const { api } = this.#options;
    await api.version(signal);
    await api.redirects("limit=1&offset=0", signal);
    await api.pages("limit=1&offset=0", signal);
  }

  async #load(version: number, began: number, link: Link<Revision<Rules>>): Promise<Revision<Rules>> {
    try {
      if (this.#options.sync === "healing") return await this.#loadWhole(version, link);
      return await this.#loadAsPeer(link.signal);
    } catch (error) {
      if (link.signal.aborted) throw error;
      // How the report of a failure fares does not matter: the failure itself is told.
      const failed = { version, began, error: messageOf(error) };
      await this.#options.registration.report(failed, link.signal).catch(() => {});
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
    const told = this.#options.told && paced(this.#options.told);
    return loadList((query) => api.redirects(query, signal), { asPeer: sync === "peer", pageSize, told });
  }

  #pages(signal: AbortSignal): Promise<Page[]> {
    const { api, sync, pageSize } = this.#options;
    const size = Math.min(pageSize, MOST_PAGES);
    return loadList((query) => api.pages(query, signal), { asPeer: sync === "peer", pageSize: size });
  }

  /** Waits for the interval, with some jitter so that a crowd of agents spreads, or for `refresh`. */
  async #pause(signal: AbortSignal): Promise<void> {
    const { every, sync } = this.#options;
    const jitter = sync === "peer" ? 0 : (Math.random() - 0.5) * 0.2 * every;
    await this.#bell.rungWithin(every + jitter, signal);
  }
}
