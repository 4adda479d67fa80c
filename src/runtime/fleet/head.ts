import type { FleetConfig } from "../../config/fleet.ts";
import { later } from "../../core/life.ts";
import type { Log } from "../../core/log.ts";
import { LinkProblem, messageOf } from "../../core/problems.ts";
import { Book, type NodeReport } from "./book.ts";
import type { Herald } from "./herald.ts";
import { Ledger } from "./ledger.ts";
import { type Entry, systemClock } from "./record.ts";
import { parseReport, type Taken } from "./report.ts";
import { farewellOf } from "./self.ts";

/** How often it is written down who was seen meanwhile, in milliseconds. */
const MARK = 10_000;
/** No look at who has become silent is later than this, in milliseconds: rivals are forgotten then as well. */
const LOOK = 10_000;

export interface HeadOptions {
  readonly config: FleetConfig;
  readonly folder: string;
  readonly herald: Herald;
  readonly log: Log;
}

/** The one to whom others report. It reports to itself as well. */
export class Head {
  readonly offlineAfter: number;
  readonly #options: HeadOptions;
  readonly #book: Book;
  readonly #ending = new AbortController();
  readonly #marks: NodeJS.Timeout;
  #marked: ReadonlyMap<string, number> = new Map();
  #ledger: Ledger | undefined;
  #look: NodeJS.Timeout | undefined;
  #own: Promise<void> = Promise.resolve();
  #closed = false;

  private constructor(options: HeadOptions) {
    this.#options = options;
    this.offlineAfter = options.config.offline_after;
    const write = (record: Parameters<Ledger["write"]>[0]) => this.#ledger?.write(record);
    const { name: self } = options.herald;
    this.#book = new Book({ offlineAfter: this.offlineAfter, clock: systemClock, self, write });
    this.#marks = setInterval(() => this.#mark(), MARK);
  }

  /** Takes up what was known. A folder that cannot be used costs the history, not the service. */
  static async open(options: HeadOptions): Promise<Head> {
    const head = new Head(options);
    await head.#restore();
    head.#own = head.#reportToSelf();
    head.#check();
    return head;
  }

  /**
   * Takes a report, as it came; its news are on disk when this resolves. Throws ConfigProblem for what is none, and
   * LinkProblem when it is about to end.
   */
  async take(body: unknown, address: string): Promise<Taken> {
    if (this.#closed) throw new LinkProblem("connect_failed", "this process is about to end");
    const taken = this.#book.take(parseReport(body), address);
    this.#check();
    await this.#ledger?.flushed();
    return taken;
  }

  nodes(): NodeReport[] {
    return this.#book.nodes();
  }

  history(name: string): readonly Entry[] {
    return this.#book.history(name);
  }

  forget(name: string): void {
    this.#book.forget(name);
  }

  /** Ends it; `farewell`: the process ends too, and that is written down. */
  async close(farewell: boolean): Promise<void> {
    this.#ending.abort();
    await this.#own;
    if (farewell) this.#book.take(farewellOf(this.#options.herald.report()), SELF);
    this.#closed = true;
    clearInterval(this.#marks);
    clearTimeout(this.#look);
    this.#mark();
    await this.#ledger?.close();
  }

  async #restore(): Promise<void> {
    const { folder, log } = this.#options;
    try {
      const whole = () => this.#book.whole();
      const told = (problem: LinkProblem | undefined) => {
        if (problem) log.error({ ...problem.toJSON() }, "the history of the fleet cannot be kept");
        else log.info({}, "the history of the fleet is kept again");
      };
      this.#ledger = await Ledger.open({ folder, whole, told }, (record) => this.#book.restore(record));
    } catch (error) {
      log.error({ dir: folder, reason: messageOf(error) }, "the history of the fleet cannot be kept");
    }
    this.#marked = this.#book.lastSeen();
  }

  async #reportToSelf(): Promise<void> {
    for await (const report of this.#options.herald.reports(this.#ending.signal)) {
      this.#book.take(report, SELF);
      this.#check();
    }
  }

  /** Looks now, and again when the next one may have become silent. */
  #check(): void {
    if (this.#closed) return;
    clearTimeout(this.#look);
    const next = this.#book.check() ?? LOOK;
    // A little later than that, lest it is looked at just before.
    this.#look = later(Math.min(Math.ceil(next) + 5, LOOK), () => this.#check());
  }

  #mark(): void {
    const seen = this.#book.lastSeen();
    const news = [...seen].filter(([name, at]) => this.#marked.get(name) !== at);
    this.#marked = seen;
    if (news.length > 0) this.#ledger?.write({ seen: Object.fromEntries(news) });
  }
}

/** The address of the one who listens, which has reported to itself. */
const SELF = "self";
