import type { FleetConfig } from "../../config/fleet.ts";
import { backoff } from "../../core/backoff.ts";
import { type Feed, follow, type Link } from "../../core/feed.ts";
import { Part, type PartReport } from "../../core/health.ts";
import { Within } from "../../core/life.ts";
import type { Log } from "../../core/log.ts";
import { DeniedProblem, messageOf, type Problem, RejectedProblem } from "../../core/problems.ts";
import { jsonOf, retryAfterOf, statusProblem } from "../../wire/http-answers.ts";
import { HttpClient } from "../../wire/http-client.ts";
import { readTls } from "../../wire/tls-files.ts";
import type { Herald } from "./herald.ts";
import type { Report, Taken } from "./report.ts";
import { farewellOf } from "./self.ts";

/** How long a report may take, in milliseconds. */
const PATIENCE = 10_000;
/** How long the last word may take, in milliseconds: nobody shall wait for a fleet that is away. */
const LAST_WORD = 2_000;
/** No answer is longer, in bytes. */
const LARGEST = 64 * 1024;

export interface ReporterOptions {
  readonly config: FleetConfig & { readonly report_to: string };
  readonly name: string;
  readonly herald: Herald;
  readonly log: Log;
}

/** How reporting fares. */
export interface Reporting extends Omit<PartReport, "name" | "seen"> {
  readonly to: string;
  readonly name: string;
  readonly every: number;
  /** When the last report arrived, in milliseconds since 1970. */
  readonly last_report?: number;
  /** The process that has our name, if another one has. */
  readonly conflict?: string;
}

/** Tells another process how this one is. Whatever becomes of that other one, the agents never feel it. */
export class Reporter implements Feed<Taken> {
  readonly #options: ReporterOptions;
  readonly #part: Part;
  readonly #ending = new AbortController();
  #running: Promise<void> | undefined;
  #conflict: string | undefined;
  #wasDown = false;
  taken = 0;
  failed = 0;

  constructor(options: ReporterOptions) {
    this.#options = options;
    this.#part = new Part("fleet", (problem) => this.#tell(problem));
  }

  start(): void {
    this.#running = this.#run().catch((error: unknown) => {
      this.#options.log.error({ ...this.#who(), err: error }, "reporting to the fleet fell over a defect");
    });
  }

  get up(): boolean {
    return this.#part.state === "up";
  }

  show(): Reporting {
    const { name: _, seen, ...state } = this.#part.report();
    return {
      ...this.#who(),
      every: this.#options.config.every,
      ...state,
      ...(seen !== undefined && { last_report: seen }),
      ...(this.#conflict !== undefined && { conflict: this.#conflict }),
    };
  }

  async *open({ signal, up }: Link<Taken>): AsyncGenerator<Taken> {
    const client = await this.#connect();
    try {
      for await (const report of this.#options.herald.reports(signal)) {
        const answer = await this.#send(client, report, signal);
        up();
        yield answer;
      }
    } finally {
      await client.close();
    }
  }

  /** Ends it; `farewell`: with a last word, for which nobody waits long. */
  async close(farewell: boolean): Promise<void> {
    this.#ending.abort();
    await this.#running;
    // Where the last report did not arrive, the last word would not either.
    if (farewell && this.up) await this.#lastWord();
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending;
    const patience = backoff("exponential-jitter", { max: 60_000 });
    for await (const answer of follow(this, { signal, part: this.#part, backoff: patience })) {
      this.#heed(answer);
    }
  }

  async #lastWord(): Promise<void> {
    const within = new Within(new AbortController().signal, LAST_WORD);
    let client: HttpClient | undefined;
    try {
      client = await this.#connect();
      await this.#send(client, farewellOf(this.#options.herald.report()), within.signal);
    } catch (error) {
      this.#options.log.debug({ ...this.#who(), reason: messageOf(error) }, "the fleet was not told the end");
    } finally {
      within.release();
      await client?.close();
    }
  }

  async #send(client: HttpClient, report: Report, signal: AbortSignal): Promise<Taken> {
    try {
      const answer = await this.#post(client, report, signal);
      this.taken++;
      return answer;
    } catch (error) {
      if (!signal.aborted) this.failed++;
      // What is wrong with a report will be wrong with the next one; a person must look.
      if (!(error instanceof RejectedProblem)) throw error;
      throw new DeniedProblem("request_refused", error.message, {
        cause: error,
        remedy:
          "Check that `report_to` leads to an Outrider whose configuration says `fleet: { listen: true }`.",
      });
    }
  }

  async #post(client: HttpClient, report: Report, signal: AbortSignal): Promise<Taken> {
    const { report_to, token } = this.#options.config;
    const url = `${report_to}/api/fleet/report`;
    const authorization = token && { authorization: `Bearer ${token.reveal()}` };
    const answer = await client.send({
      method: "POST",
      url,
      headers: { "content-type": "application/json", ...authorization },
      body: JSON.stringify(report),
      signal,
    });
    const what = `POST ${url}`;
    if (answer.status === 200) return jsonOf(answer, what) as Taken;
    throw statusProblem(answer.status, what, toldBy(answer.body), retryAfterOf(answer.headers));
  }

  async #connect(): Promise<HttpClient> {
    const { ca } = this.#options.config;
    const limits = { timeout: PATIENCE, largest: LARGEST };
    if (ca.length === 0) return new HttpClient(limits);
    try {
      return new HttpClient({ ...limits, tls: await readTls({ ca }) });
    } catch (cause) {
      throw new DeniedProblem("request_refused", `fleet.ca: ${messageOf(cause)}`, {
        cause,
        remedy: "Mend the paths that `fleet.ca` names.",
      });
    }
  }

  #heed({ taken, conflict }: Taken): void {
    if (conflict === this.#conflict) return;
    this.#conflict = conflict;
    const { log } = this.#options;
    if (conflict === undefined) {
      log.info(this.#who(), "this process's name in the fleet is its own again");
      return;
    }
    const shown = taken ? "this process is shown" : "the other one is shown";
    log.warn(
      { ...this.#who(), conflict, remedy: "Give each process its own `fleet.name`." },
      `another process reports to the fleet under the same name, ${shown}`,
    );
  }

  #tell(problem: Problem | undefined): void {
    const { log } = this.#options;
    if (problem) {
      const wait = (this.#part.retryAt ?? Date.now()) - Date.now();
      const fields = { ...this.#who(), ...problem.toJSON(), retry_in_ms: Math.max(0, Math.round(wait)) };
      if (problem instanceof DeniedProblem) log.error(fields, "reports do not reach the fleet");
      else log.warn(fields, "reports do not reach the fleet");
      this.#wasDown = true;
    } else if (this.up) {
      log.info(this.#who(), this.#wasDown ? "reports reach the fleet again" : "reporting to the fleet");
      this.#wasDown = false;
    }
  }

  #who(): { to: string; name: string } {
    return { to: this.#options.config.report_to, name: this.#options.name };
  }
}

/** What the other side says is wrong, in a few words. */
function toldBy(body: Buffer): string {
  try {
    const { error } = JSON.parse(body.toString("utf8")) as { error?: { message?: string } };
    return String(error?.message ?? "").slice(0, 200);
  } catch {
    return "";
  }
}
