import { createHash } from "node:crypto";
import { backoff, waitAfter } from "../../core/backoff.ts";
import { Bell } from "../../core/bell.ts";
import type { Part } from "../../core/health.ts";
import { sleep } from "../../core/life.ts";
import { DeniedProblem, type LinkProblem, Problem } from "../../core/problems.ts";
import type { Revision, Snapshot } from "../../core/revision.ts";
import type { Secret } from "../../core/secret.ts";
import { retryAfterOf, statusProblem } from "../../wire/http-answers.ts";
import { LateHttpClient, type Way } from "../../wire/way.ts";
import type { RedisRegister } from "./redis-register.ts";
import type { Registered } from "./registered.ts";

export interface RegistrationOptions {
  /** `http://` or `https://`, without a slash at the end. */
  readonly url: string;
  readonly way: Way;
  readonly key: Secret;
  readonly agent: string;
  readonly snapshot: Snapshot<Registered>;
  /** What agents that share a Redis know together. */
  readonly register?: RedisRegister | undefined;
  readonly part: Part;
  /** Told when the server's answer is another one. */
  changed(): void;
}

const ROUTE = "/api/public/agent/register";
const TIMEOUT = 10_000;
/** The wait after a refusal, in milliseconds. */
const REFUSED = 300_000;
const waits = backoff("exponential-jitter");

/**
 * Our entry in the relay proxy's list of agents. Streaming does not need it, so that a server that fails to register
 * us keeps nobody waiting; but one that refuses us is obeyed.
 */
export class Registration {
  readonly #options: RegistrationOptions;
  readonly #http: LateHttpClient;
  readonly #keyHash: string;
  readonly #answered = new Bell();
  #refusal: DeniedProblem | undefined;
  #known = false;
  /** How the server calls us. */
  agent: string;
  registered = false;

  constructor(options: RegistrationOptions) {
    this.#options = options;
    this.#http = new LateHttpClient(options.way, { timeout: TIMEOUT });
    this.agent = options.agent;
    this.#keyHash = createHash("sha256").update(options.key.reveal()).digest("hex");
  }

  /** Goes on trying until it has worked. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#recall();
    for (let failures = 0; !signal.aborted && !this.registered; failures++) {
      const problem = await this.#attempt(signal);
      if (signal.aborted) break;
      this.#learn(problem);
      if (!problem) break;
      const refused = problem instanceof DeniedProblem;
      const wait = refused ? REFUSED : waitAfter(problem, failures, { backoff: waits });
      this.#options.part.down(problem, Date.now() + wait);
      await sleep(wait, signal);
    }
    await this.#http.close();
  }

  /** Waits a moment for the server's answer. Throws DeniedProblem if the stream must not be opened. */
  async permit(signal: AbortSignal, moment = 2_000): Promise<void> {
    if (!this.#known) await this.#answered.rungWithin(moment, signal);
    if (this.#refusal) throw this.#refusal;
  }

  async #attempt(signal: AbortSignal): Promise<LinkProblem | DeniedProblem | undefined> {
    const { url, key, agent, snapshot, part } = this.#options;
    try {
      const answer = await this.#http.send({
        method: "POST",
        url: url + ROUTE,
        headers: { authorization: key.reveal(), "content-type": "application/json; charset=utf-8" },
        body: JSON.stringify(agent),
        signal,
      });
      if (answer.status !== 200)
        throw statusProblem(answer.status, url + ROUTE, "", retryAfterOf(answer.headers));
      this.agent = named(answer.body.toString("utf8")) || agent;
      this.registered = true;
      part.up();
      const data = { key: this.#keyHash, agent };
      await snapshot.save({ version: agent, data }).catch(() => {});
      await this.#options.register?.remember(data).catch(() => {});
      return undefined;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return error as LinkProblem | DeniedProblem;
    }
  }

  /** 403 means that the quota is used up. For one that was registered before it is a restart, which uses up nothing. */
  #learn(problem: LinkProblem | DeniedProblem | undefined): void {
    const refused = problem instanceof DeniedProblem ? problem : undefined;
    const before = this.#refusal;
    this.#known = true;
    this.#refusal =
      refused && !(this.#isRestart && / 403\b/.test(refused.message)) ? again(refused) : undefined;
    this.#answered.ring();
    if (before?.message !== this.#refusal?.message) this.#options.changed();
  }

  #isRestart = false;

  async #recall(): Promise<void> {
    const { snapshot, agent, part } = this.#options;
    try {
      const saved: Revision<Registered> | undefined = await snapshot.load();
      this.#isRestart =
        (saved?.data.key === this.#keyHash && saved.data.agent === agent) ||
        (await this.#options.register?.knows({ key: this.#keyHash, agent })) === true;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      part.down(error);
    }
  }

  /** Ends what is left, for an agent that never ran. */
  close(): Promise<void> {
    return this.#http.close();
  }
}

function again(problem: DeniedProblem): DeniedProblem {
  return new DeniedProblem("credentials_refused", problem.message, {
    retryAfter: REFUSED,
    remedy:
      "401: check the relay proxy's key. 403: the workspace's number of agents is used up; remove one, or extend the licence.",
  });
}

/** The server answers with the name as plain text, or quoted. */
function named(text: string): string {
  return text.trim().replace(/^"(.*)"$/, "$1");
}
