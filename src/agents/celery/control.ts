import type { IncomingMessage, ServerResponse } from "node:http";
import type { Host } from "../../core/agent.ts";
import { Within } from "../../core/life.ts";
import { DeniedProblem, messageOf, Problem } from "../../core/problems.ts";
import type { Secret } from "../../core/secret.ts";
import { hostOf } from "./berth.ts";
import type { Book } from "./book.ts";
import type { Fleet } from "./fleet.ts";
import { Line } from "./line.ts";
import { shownSubscription } from "./shown.ts";
import { mistakesOfAdded, nameOf, type Subscription } from "./subscription.ts";

export interface ControlOptions {
  readonly fleet: Fleet;
  readonly book: Book;
  readonly host: Host;
  readonly token: Secret | undefined;
}

/** What a route answers. */
interface Answer {
  readonly status: number;
  readonly body: unknown;
}

type Route = (request: Asked) => Promise<Answer> | Answer;

interface Asked {
  readonly headers: IncomingMessage["headers"];
  /** What follows the route's own path. */
  readonly rest: string;
  readonly body: () => Promise<unknown>;
  readonly signal: AbortSignal;
}

/** How long a broker may take to let us in, in milliseconds, when a subscription is added. */
const VERIFY = 6_000;
const LARGEST = 1 << 20;

/** Leek's own routes for its agent, so that its web page can drive us. Source: leek §10. */
export class Control {
  readonly #options: ControlOptions;
  readonly #routes: Readonly<Record<string, Route>>;

  constructor(options: ControlOptions) {
    this.#options = options;
    this.#routes = {
      "GET /v1/agent/control": () => ok(this.#record()),
      "POST /v1/agent/control": (asked) => this.#start(asked),
      "DELETE /v1/agent/control": (asked) => this.#stop(asked),
      "GET /v1/agent/subscriptions": (asked) => this.#list(asked),
      "POST /v1/agent/subscriptions": (asked) => this.#add(asked),
      "PUT /v1/agent/subscriptions": (asked) => this.#edit(asked),
      "DELETE /v1/agent/subscriptions": (asked) => this.#remove(asked),
    };
  }

  /** Answers a request, whatever becomes of it. */
  async answer(request: IncomingMessage, response: ServerResponse, signal: AbortSignal): Promise<void> {
    const { status, body } = await this.#answerOf(request, signal).catch((error: unknown) => {
      this.#options.host.log.error({ err: error }, "a request to the control routes failed");
      return refused(500, "500001", "internal error");
    });
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  }

  async #answerOf(request: IncomingMessage, signal: AbortSignal): Promise<Answer> {
    const { token } = this.#options;
    const { method = "", url = "", headers } = request;
    if (token && headers.authorization !== `Bearer ${token.reveal()}`) {
      return refused(401, "401001", "the token is missing or wrong");
    }
    const path = url.split("?")[0]!.replace(/\/+$/, "");
    const [, base = path, rest = ""] = /^(\/v1\/agent\/[a-z]+)(?:\/(.*))?$/.exec(path) ?? [];
    const route = this.#routes[`${method} ${base}`];
    if (!route) return refused(404, "404001", "there is no such route");
    return route({ headers, rest: decodeURIComponent(rest), body: () => jsonBody(request), signal });
  }

  async #start({ signal }: Asked): Promise<Answer> {
    const { fleet, book } = this.#options;
    if (book.wanted.size === 0) return refused(400, "400003", "there is no subscription");
    if (!fleet.halted) {
      fleet.halt();
      await fleet.idle(signal);
    }
    fleet.resume();
    return ok(this.#record());
  }

  async #stop({ signal }: Asked): Promise<Answer> {
    const { fleet } = this.#options;
    if (fleet.halted) return refused(500, "500001", "the agent is not running");
    fleet.halt();
    await fleet.idle(signal);
    return ok(this.#record());
  }

  #list({ headers }: Asked): Answer {
    const app = headers["x-leek-app-name"];
    if (app === undefined) return refused(400, "400001", "the header x-leek-app-name is missing");
    const own = this.#options.book.kept.filter(({ app_name }) => app_name === app);
    return ok(own.map((each) => shownSubscription(each)));
  }

  async #add(asked: Asked): Promise<Answer> {
    const given = await this.#given(asked);
    if ("status" in given) return given as Answer;
    const { book } = this.#options;
    const name = nameOf(given);
    if (book.wanted.has(name)) return refused(412, "412002", `the subscription ${name} is there already`);
    return this.#keep(given, asked.signal);
  }

  async #edit(asked: Asked): Promise<Answer> {
    const { book } = this.#options;
    const known = book.kept.find((each) => nameOf(each) === asked.rest);
    if (!known) return refused(404, "404001", `there is no subscription ${asked.rest} that could be changed`);
    const given = await this.#given(asked, known);
    if ("status" in given) return given as Answer;
    if (nameOf(given) !== asked.rest) return refused(400, "400002", "a subscription keeps its name");
    return this.#keep(given, asked.signal);
  }

  async #remove({ rest, headers }: Asked): Promise<Answer> {
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

  /** What supervisord says of a program, which is what the web page shows. */
  #record(): object {
    const { fleet } = this.#options;
    const seconds = (ms: number) => Math.floor(ms / 1_000);
    const [now, start] = [seconds(Date.now()), seconds(fleet.started)];
    const running = !fleet.halted;
    return {
      name: "agent",
      group: "agent",
      start,
      stop: seconds(fleet.stopped),
      now,
      state: running ? 20 : 0,
      statename: running ? "RUNNING" : "STOPPED",
      spawnerr: "",
      exitstatus: 0,
      logfile: "",
      stdout_logfile: "",
      stderr_logfile: "",
      pid: running ? process.pid : 0,
      description: running
        ? `pid ${process.pid}, uptime ${clock(now - start)}`
        : new Date(fleet.stopped).toUTCString(),
      type: "local",
    };
  }
}

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

function ok(body: unknown): Answer {
  return { status: 200, body };
}

function refused(status: number, code: string, reason: string): Answer {
  return { status, body: { error: { code, message: reason, reason } } };
}

async function jsonBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST) return undefined;
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8")) as unknown;
  } catch {
    return undefined;
  }
}

function clock(seconds: number): string {
  const two = (number: number) => String(number).padStart(2, "0");
  return `${Math.floor(seconds / 3_600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}
