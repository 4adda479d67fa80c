import type { Feed, Link } from "../../core/feed.ts";
import { sleep } from "../../core/life.ts";
import { LinkProblem, Problem } from "../../core/problems.ts";
import { jsonOf, retryAfterOf, statusProblem } from "../../wire/http-answers.ts";
import { LateHttpClient, Way } from "../../wire/way.ts";
import type { News } from "./dataset.ts";
import { contents } from "./dialect.ts";
import type { DataSet, EnvironmentSecret } from "./model.ts";
import { environmentVersion } from "./version.ts";

export interface PollOptions {
  /** `http://` or `https://`, without a slash at the end. */
  readonly url: string;
  /** How it is reached. Default: straight. */
  readonly way?: Way;
  held(): DataSet;
  /** Secrets that are known from elsewhere, besides those in the data. */
  readonly secrets: readonly EnvironmentSecret[];
  /** Whether the stream has been away for long enough. */
  due(): boolean;
  /** The pause between two questions, in milliseconds. */
  readonly every: number;
  /** Told when the server has answered. */
  arrived(): void;
}

const ROUTE = "/api/public/sdk/server/latest-all";

/** Asks by HTTP, as a polling server SDK of each environment, while no stream can be opened. */
export class PollFeed implements Feed<News> {
  readonly #options: PollOptions;
  readonly #full = new Set<string>();

  constructor(options: PollOptions) {
    this.#options = options;
  }

  async *open(link: Link<News>): AsyncGenerator<News> {
    const { every, due, way = new Way() } = this.#options;
    if (link.signal.aborted) return;
    const http = new LateHttpClient(way, { timeout: 30_000 });
    try {
      for (let first = true; !link.signal.aborted; first = false) {
        if (!first) await sleep(every * (0.8 + Math.random() * 0.4), link.signal);
        if (!due()) this.#full.clear();
        else for await (const news of this.#ask(http, link.signal)) yield news;
        link.up();
      }
    } catch (error) {
      if (!(error instanceof Problem) || link.signal.aborted) {
        if (link.signal.aborted) return;
        throw error;
      }
      // Nothing about it is final: it is the way around another one that is broken.
      throw error instanceof LinkProblem ? error : new LinkProblem("answer_unexpected", error.message);
    } finally {
      await http.close();
    }
  }

  async *#ask(http: LateHttpClient, signal: AbortSignal): AsyncGenerator<News> {
    for (const secret of this.#secrets()) {
      const news = await this.#askOne(http, secret, signal);
      if (signal.aborted) return;
      this.#options.arrived();
      if (news) yield news;
      this.#full.add(secret.envId);
    }
  }

  async #askOne(
    http: LateHttpClient,
    secret: EnvironmentSecret,
    signal: AbortSignal,
  ): Promise<News | undefined> {
    const { url, held, secrets } = this.#options;
    const known = held().environments.find(({ envId }) => envId === secret.envId);
    // The first question of each outage is for everything, so that deletions are noticed.
    const since = known && this.#full.has(secret.envId) ? environmentVersion(known) : 0;
    const headers = { authorization: secret.value, "content-type": "application/json" };
    const answer = await http.send({
      method: "GET",
      url: `${url}${ROUTE}?timestamp=${since}`,
      headers,
      signal,
    });
    if (answer.status !== 200)
      throw statusProblem(answer.status, url + ROUTE, "", retryAfterOf(answer.headers));
    // Nothing new.
    if (answer.body.length === 0) return undefined;
    const own = secrets.filter(({ envId }) => envId === secret.envId);
    const { data } = jsonOf(answer, url + ROUTE) as { data?: Record<string, unknown> };
    return contents(secret.envId, own, data ?? {});
  }

  /** One server secret for each environment. */
  #secrets(): Iterable<EnvironmentSecret> {
    const { held, secrets } = this.#options;
    const all = [...secrets, ...held().environments.flatMap((each) => each.secrets)];
    return new Map(all.filter(({ type }) => type === "server").map((each) => [each.envId, each])).values();
  }
}
