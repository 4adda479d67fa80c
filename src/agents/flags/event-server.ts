import type { Sink } from "../../core/delivery.ts";
import { DeniedProblem, LinkProblem, PartialProblem, Problem, RejectedProblem } from "../../core/problems.ts";
import { retryAfterOf, statusProblem } from "../../wire/http-answers.ts";
import { LateHttpClient, Way } from "../../wire/way.ts";
import type { Insight, Parcel } from "./insight.ts";
import type { EnvironmentSecret } from "./model.ts";

export interface EventServerOptions {
  /** Without a slash at the end. */
  readonly url: string;
  /** How it is reached. Default: straight. */
  readonly way?: Way;
  /** The secrets of an environment; undefined while nothing is known at all. */
  secrets(envId: string): readonly EnvironmentSecret[] | undefined;
}

const ROUTE = "/api/public/insight/track";

/** What FeatBit's event server (`POST /api/public/insight/track`) does with what SDKs report. */
export class EventServer implements Sink<Parcel> {
  readonly #options: EventServerOptions;
  readonly #http: LateHttpClient;

  constructor(options: EventServerOptions) {
    this.#options = options;
    this.#http = new LateHttpClient(options.way ?? new Way(), { timeout: 15_000 });
  }

  /** Sends what belongs to one environment: that of the first. */
  async write(parcels: readonly Parcel[], signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { envId = "" } = parcels[0] ?? {};
    const insights = parcels.map(({ insight }) => insight);
    const failed = await this.#send(envId, insights, signal);
    const [first] = failed.values();
    if (!first) return;
    // One trouble for all of them is told as what it is.
    const one = failed.size === parcels.length && [...failed.values()].every((each) => each === first);
    throw one ? first : new PartialProblem(failed);
  }

  /** Sends nothing: that the server answers is enough, whatever it says about a page it does not have. */
  async probe(signal: AbortSignal): Promise<void> {
    const { url } = this.#options;
    const { status } = await this.#http.send({ method: "GET", url, signal });
    if (status >= 500) throw statusProblem(status, url, "");
  }

  close(): Promise<void> {
    return this.#http.close();
  }

  /** @returns what went wrong, by place in the list */
  async #send(
    envId: string,
    insights: readonly Insight[],
    signal: AbortSignal,
  ): Promise<Map<number, Problem>> {
    try {
      await this.#post(envId, insights, signal);
      return new Map();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (!(error instanceof RejectedProblem) || insights.length === 1)
        return new Map(insights.map((_, index) => [index, error]));
      // One bad element spoils the whole batch: the halves tell which.
      const middle = Math.ceil(insights.length / 2);
      const first = await this.#send(envId, insights.slice(0, middle), signal);
      const second = await this.#send(envId, insights.slice(middle), signal);
      return new Map([...first, ...[...second].map(([at, problem]) => [at + middle, problem] as const)]);
    }
  }

  async #post(envId: string, insights: readonly Insight[], signal: AbortSignal): Promise<void> {
    const { url } = this.#options;
    const answer = await this.#http.send({
      method: "POST",
      url: url + ROUTE,
      headers: {
        authorization: this.#secret(envId),
        "content-type": "application/json",
        "user-agent": "featbit-agent",
      },
      body: JSON.stringify(insights),
      signal,
    });
    if (answer.status < 200 || answer.status > 299)
      throw verdict(answer.status, url + ROUTE, retryAfterOf(answer.headers));
  }

  #secret(envId: string): string {
    const secrets = this.#options.secrets(envId);
    if (!secrets)
      throw new LinkProblem("connect_failed", "the environment's secrets are not known yet", {
        remedy: "Nothing to do: insights are kept until the flags' origin answers.",
      });
    const secret = secrets.find(({ type }) => type === "server") ?? secrets[0];
    if (!secret) throw new RejectedProblem("item_refused", `the environment ${envId} is served no more`);
    return secret.value;
  }
}

/** 400 and 413 are about what was sent; any other refusal is about how things are set up, and may be mended. */
function verdict(status: number, what: string, retryAfter: number | undefined): Problem {
  const problem = statusProblem(status, what, "", retryAfter);
  if (!(problem instanceof RejectedProblem) || status === 400 || status === 413 || status === 422)
    return problem;
  return new DeniedProblem("credentials_refused", problem.message, {
    remedy: "Check `insights.to.featbit.url`, and the secrets of the environment.",
  });
}
