import type { Host } from "../../core/agent.ts";
import { Within } from "../../core/life.ts";
import { DeniedProblem, messageOf, Problem } from "../../core/problems.ts";
import { type Answer, type Asked, ok, refused } from "./answer.ts";
import { hostOf } from "./berth.ts";
import type { Book } from "./book.ts";
import { Line } from "./line.ts";
import { shownSubscription } from "./shown.ts";
import { mistakesOfAdded } from "./subscription.ts";
import { nameOf, type Subscription } from "./subscription-fields.ts";

/** How long a broker may take to let us in, in milliseconds, when a subscription is added. */
const VERIFY = 6_000;

/** What the API fills in. Source: leek §1.2. */
const DEFAULTS = {
  exchange: "celeryev",
  queue: "leek.fanout",
  routing_key: "#",
  org_name: "mono",
  prefetch_count: 1_000,
  concurrency_pool_size: 1,
  batch_max_size_in_mb: 1,
  batch_max_number_of_messages: 1_000,
  batch_max_window_in_seconds: 5,
};

export interface RosterOptions {
  readonly book: Book;
  readonly host: Host;
}

/** Leek's routes for subscriptions: list, add, edit, remove. Source: leek §10.3. */
export class Roster {
  readonly #options: RosterOptions;

  constructor(options: RosterOptions) {
    this.#options = options;
  }

  list({ headers }: Asked): Answer {
    const app = headers["x-leek-app-name"];
    if (app === undefined) return refused(400, "400001", "the header x-leek-app-name is missing");
    const own = this.#options.book.kept.filter(({ app_name }) => app_name === app);
    return ok(own.map((each) => shownSubscription(each)));
  }

  async add(asked: Asked): Promise<Answer> {
    const given = await this.#given(asked);
    if ("status" in given) return given as Answer;
    const { book } = this.#options;
    const name = nameOf(given);
    if (book.wanted.has(name)) return refused(412, "412002", `the subscription ${name} is there already`);
    return this.#keep(given, asked.signal);
  }

  async edit(asked: Asked): Promise<Answer> {
    const { book } = this.#options;
    const known = book.kept.find((each) => nameOf(each) === asked.rest);
    if (!known) return refused(404, "404001", `there is no subscription ${asked.rest} that could be changed`);
    const given = await this.#given(asked, known);
    if ("status" in given) return given as Answer;
    if (nameOf(given) !== asked.rest) return refused(400, "400002", "a subscription keeps its name");
    return this.#keep(given, asked.signal);
  }

  async remove({ rest, headers }: Asked): Promise<Answer> {
    if (rest.split("-").length !== 2)
      return refused(500, "500001", "a name is application, dash, environment");
    const app = headers["x-leek-app-name"];
    const foreign = app !== undefined && rest.split("-")[0] !== app;
    return ok({ Deleted: foreign ? false : await this.#options.book.remove(rest) });
  }

  /** What was sent, completed by what the API adds, or the refusal. */
  async #given({ body, headers }: Asked, known: Subscription = {}): Promise<Subscription | Answer> {
    const app = headers["x-leek-app-name"];
    if (typeof app !== "string") return refused(400, "400001", "the header x-leek-app-name is missing");
    const sent = await body();
    if (typeof sent !== "object" || sent === null)
      return refused(400, "400002", "the body is no JSON object");
    const given = { ...DEFAULTS, ...known, ...sent, app_name: app };
    const mistakes = mistakesOfAdded(given);
    if (mistakes.length > 0) return refused(400, "400002", mistakes.map(({ message }) => message).join("; "));
    return given;
  }

  async #keep(given: Subscription, signal: AbortSignal): Promise<Answer> {
    const { book } = this.#options;
    const refusal = await this.#verify(given, signal);
    if (refusal) return refusal;
    await book.put(given);
    return ok(shownSubscription(given));
  }

  /** Whether the broker is there and lets us in; nothing is declared. */
  async #verify(given: Subscription, signal: AbortSignal): Promise<Answer | undefined> {
    const { book, host } = this.#options;
    const patience = new Within(signal, VERIFY);
    try {
      const name = nameOf(given);
      await new Line(name, book.configOf(given), hostOf(host, name)).probeSource(patience.signal);
      return undefined;
    } catch (error) {
      const denied = error instanceof DeniedProblem;
      if (denied) return refused(401, "401004", error.message);
      const known = error instanceof Problem || patience.signal.aborted;
      if (!known) throw error;
      return refused(503, "503002", messageOf(error));
    } finally {
      patience.end();
    }
  }
}
