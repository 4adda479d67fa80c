import { DeniedProblem, LinkProblem, Problem } from "../../core/problems.ts";
import type { Secret } from "../../core/secret.ts";
import { jsonOf, retryAfterOf, statusProblem } from "../../wire/http-answers.ts";
import { type HttpAnswer, HttpClient } from "../../wire/http-client.ts";
import { readTls, type TlsFiles } from "../../wire/tls-files.ts";

/** Where Leek is, and for which of its applications we speak. */
export interface LeekTarget {
  readonly url: string;
  /** Stands before `/v1/…`. The path of `url` itself does not count, as with the peer. */
  readonly prefix: string;
  readonly org: string;
  readonly app: string;
  readonly env: string;
  readonly key: Secret;
  /** How long an answer may take, in milliseconds. */
  readonly timeout: number;
  /** At most so many requests at once. */
  readonly connections: number;
  readonly tls: TlsFiles | undefined;
  readonly proxy: Readonly<Record<string, string | undefined>>;
}

const CONNECT = 10_000;

/** Leek's HTTP API as far as an agent uses it. Source: leek §8. */
export class LeekApi {
  readonly #target: LeekTarget;
  #http: Promise<HttpClient> | undefined;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #events: string;

  constructor(target: LeekTarget) {
    this.#target = target;
    this.#events = this.#at("/v1/events/process");
    this.#headers = {
      "x-requested-with": "leek-agent",
      // A constant of the peer, which the API ignores.
      "x-agent-version": "1.0.0",
      "x-leek-org-name": target.org,
      "x-leek-app-name": target.app,
      "x-leek-app-key": target.key.reveal(),
      "x-leek-app-env": target.env,
    };
  }

  /** Whether the server is up at all; it asks for no credentials. Throws a Problem. */
  async greet(signal: AbortSignal): Promise<void> {
    const answer = await this.#send("OPTIONS", signal);
    if (answer.status >= 400) throw this.problem(answer, "OPTIONS");
  }

  /** Whether it would take our documents: the application exists, the key is right. Throws a Problem. */
  async ready(signal: AbortSignal): Promise<void> {
    const answer = await this.#send("GET", signal);
    if (answer.status !== 200) throw this.problem(answer, "GET");
  }

  /** Hands in documents, each as JSON. @returns the answer, whatever it says. Throws LinkProblem where there is none */
  post(documents: readonly string[], signal: AbortSignal): Promise<HttpAnswer> {
    return this.#send("POST", signal, `[${documents.join(",")}]`);
  }

  /**
   * Which fields this release of Leek knows; see leek §6.7. One that does not say is taken for a new one. Throws a
   * Problem where it cannot be asked now.
   */
  async level(signal: AbortSignal): Promise<1 | 2> {
    const url = this.#at("/v1/swagger.json");
    const answer = await (await this.#client()).send({ method: "GET", url, signal });
    if (answer.status >= 500) throw statusProblem(answer.status, "GET /v1/swagger.json", "", undefined);
    if (answer.status !== 200) return 2;
    const { paths } = pathsOf(answer);
    if (!paths) return 2;
    return Object.keys(paths).some((path) => path.endsWith("/applications/transforms")) ? 2 : 1;
  }

  /** What an answer that is no success means. Source: leek §9.2. */
  problem(answer: HttpAnswer, method: string): Problem {
    const { status, headers } = answer;
    const what = `${method} ${this.#events}`;
    const told = toldBy(answer);
    if (status < 400) return this.#misled(answer, what);
    if (status === 400 || status === 404) {
      return new DeniedProblem("request_refused", `${what} answered ${status}${told && `: ${told}`}`, {
        remedy:
          status === 404
            ? `Create the application "${this.#target.app}" of "${this.#target.org}" in Leek, or mend org, app and key.`
            : "Give org, app, env and key, and see to it that no proxy takes headers away.",
      });
    }
    return statusProblem(status, what, told, retryAfterOf(headers));
  }

  async close(): Promise<void> {
    const http = await this.#http?.catch(() => undefined);
    await http?.close();
    this.#http = undefined;
  }

  /** Made when it is needed first, because certificates are read from files. */
  #client(): Promise<HttpClient> {
    this.#http ??= this.#open().catch((error: unknown) => {
      this.#http = undefined;
      throw error;
    });
    return this.#http;
  }

  async #open(): Promise<HttpClient> {
    const { timeout, connections, tls, proxy } = this.#target;
    const limits = { connectTimeout: CONNECT, timeout, connections, follow: false };
    return new HttpClient({ ...limits, proxy, ...(tls && { tls: await readTls(tls) }) });
  }

  #misled({ status, headers }: HttpAnswer, what: string): Problem {
    const where = typeof headers["location"] === "string" ? ` to ${headers["location"]}` : "";
    return new LinkProblem("answer_unexpected", `${what} answered ${status}${where} instead of 201`, {
      remedy: "The address is not that of Leek's API itself: write the one it redirects to.",
    });
  }

  #at(path: string): string {
    return new URL(`${this.#target.prefix.replace(/\/+$/, "")}${path}`, this.#target.url).href;
  }

  async #send(method: string, signal: AbortSignal, body?: string): Promise<HttpAnswer> {
    const headers = { ...this.#headers, ...(body !== undefined && { "content-type": "application/json" }) };
    const request = { method, url: this.#events, headers, signal, ...(body !== undefined && { body }) };
    const http = await this.#client();
    const answer = await http.send(request);
    const again = movedTo(answer, this.#events);
    return again === undefined ? answer : http.send({ ...request, url: again });
  }
}

/** Where to repeat a request: only what keeps method and body, and only on the same host, for it bears our key. */
function movedTo({ status, headers }: HttpAnswer, from: string): string | undefined {
  const location = headers["location"];
  if ((status !== 307 && status !== 308) || typeof location !== "string") return undefined;
  if (!URL.canParse(location, from)) return undefined;
  const to = new URL(location, from);
  return to.hostname === new URL(from).hostname ? to.href : undefined;
}

function pathsOf(answer: HttpAnswer): { readonly paths?: object } {
  try {
    return (jsonOf(answer, "GET /v1/swagger.json") ?? {}) as { paths?: object };
  } catch (error) {
    if (error instanceof Problem) return {};
    throw error;
  }
}

/** A few words of what the API says about an error. */
function toldBy({ body }: HttpAnswer): string {
  const text = body.toString("utf8", 0, 2_000);
  try {
    const { error } = JSON.parse(text) as { error?: Record<string, unknown> };
    const words = [error?.["code"], error?.["message"], error?.["reason"]];
    return words
      .filter((word) => typeof word === "string")
      .join(" ")
      .slice(0, 300);
  } catch {
    return text.replace(/\s+/g, " ").trim().slice(0, 100);
  }
}
