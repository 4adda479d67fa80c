import type { IncomingMessage, ServerResponse } from "node:http";
import type { Host } from "../../core/agent.ts";
import type { Secret } from "../../core/secret.ts";
import { type Answer, type Asked, jsonBody, ok, refused } from "./answer.ts";
import type { Book } from "./book.ts";
import type { Program } from "./program.ts";
import { Roster } from "./roster.ts";

export interface ControlOptions {
  readonly program: Program;
  readonly book: Book;
  readonly host: Host;
  readonly token: Secret | undefined;
}

type Route = (request: Asked) => Promise<Answer> | Answer;

/** Leek's own routes for its agent, so that its web page can drive us. Source: leek §10. */
export class Control {
  readonly #options: ControlOptions;
  readonly #routes: Readonly<Record<string, Route>>;

  constructor(options: ControlOptions) {
    this.#options = options;
    const roster = new Roster(options);
    this.#routes = {
      "GET /v1/agent/control": () => ok(this.#record()),
      "POST /v1/agent/control": (asked) => this.#start(asked),
      "DELETE /v1/agent/control": (asked) => this.#stop(asked),
      "GET /v1/agent/subscriptions": (asked) => roster.list(asked),
      "POST /v1/agent/subscriptions": (asked) => roster.add(asked),
      "PUT /v1/agent/subscriptions": (asked) => roster.edit(asked),
      "DELETE /v1/agent/subscriptions": (asked) => roster.remove(asked),
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
    if (token && !token.isBorneBy(headers.authorization))
      return refused(401, "401001", "the token is missing or wrong");
    const path = url.split("?")[0]!.replace(/\/+$/, "");
    const [, base = path, rest = ""] = /^(\/v1\/agent\/[a-z]+)(?:\/(.*))?$/.exec(path) ?? [];
    const route = this.#routes[`${method} ${base}`];
    if (!route) return refused(404, "404001", "there is no such route");
    const name = decoded(rest);
    if (name === undefined) return refused(400, "400002", "the name in the path is not encoded as URLs are");
    return route({ headers, rest: name, body: () => jsonBody(request), signal });
  }

  async #start({ signal }: Asked): Promise<Answer> {
    const { program, book } = this.#options;
    if (book.wanted.size === 0) return refused(400, "400003", "there is no subscription");
    if (program.running) await program.stop(signal);
    program.start();
    return ok(this.#record());
  }

  async #stop({ signal }: Asked): Promise<Answer> {
    const { program } = this.#options;
    if (!program.running) return refused(500, "500001", "the agent is not running");
    await program.stop(signal);
    return ok(this.#record());
  }

  #record(): object {
    return { ...this.#options.program.record(), type: "local" };
  }
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
