import { DeniedProblem, LinkProblem, messageOf } from "../../core/problems.ts";
import type { Secret } from "../../core/secret.ts";
import { retryAfterOf, statusProblem } from "../../wire/http-answers.ts";
import { type HttpAnswer, HttpClient } from "../../wire/http-client.ts";
import { firstJsonValue, type ListPage, readList, readPage, readRedirect } from "./manager-json.ts";
import type { Page, Rule } from "./rules.ts";

export interface ManagerAddress {
  readonly url: string;
  readonly namespace: string;
  readonly project: string;
  readonly token: Secret | undefined;
  /** Which header carries `Bearer TOKEN`. */
  readonly header: string;
}

/** What is reported after a load. */
export interface AgentReport {
  readonly name: string;
  readonly status: "success" | "error";
  readonly type: "default" | "traefik";
  readonly version: number;
  /** Nanoseconds. */
  readonly load_duration: number;
  readonly error: string;
}

/** The five routes of a Flecto Manager that agents use. Throws LinkProblem and DeniedProblem. */
export class ManagerApi {
  readonly #base: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #token: string;
  readonly #http: HttpClient;

  constructor({ url, namespace, project, token, header }: ManagerAddress, timeout: number) {
    // A slash at the end would miss the API and get the Manager's web page instead.
    this.#base = `${url.replace(/\/+$/, "")}/api/namespace/${namespace}/project/${project}`;
    this.#token = token?.reveal() ?? "";
    this.#headers = { [header]: `Bearer ${this.#token}` };
    this.#http = new HttpClient({ timeout });
  }

  /** The project's version. */
  async version(signal: AbortSignal): Promise<number> {
    const text = await this.#get("/version", signal);
    const version = Number(/^[\t-\r ]*([+-]?\d+)[\t-\r ]*$/.exec(text)?.[1]);
    // A number that is not exact here could hide a change.
    if (Number.isSafeInteger(version)) return version;
    throw this.#unexpected("/version", `a whole number, but: ${this.#quoted(text)}`);
  }

  redirects(query: string, signal: AbortSignal): Promise<ListPage<Rule>> {
    return this.#list(`/redirects?${query}`, signal, readRedirect);
  }

  pages(query: string, signal: AbortSignal): Promise<ListPage<Page>> {
    return this.#list(`/pages?${query}`, signal, readPage);
  }

  async report(report: AgentReport, signal: AbortSignal): Promise<void> {
    const headers = { ...this.#headers, "content-type": "application/json" };
    const url = `${this.#base}/agents`;
    this.#expect200(
      await this.#http.send({ method: "POST", url, headers, body: goJson(report), signal }),
      "/agents",
    );
  }

  /** The heartbeat. */
  async hit(name: string, signal: AbortSignal): Promise<void> {
    const path = `/agents/${name}/hit`;
    this.#expect200(
      await this.#http.send({ method: "PATCH", url: this.#base + path, headers: this.#headers, signal }),
      path,
    );
  }

  close(): Promise<void> {
    return this.#http.close();
  }

  async #list<T>(path: string, signal: AbortSignal, item: (value: unknown) => T): Promise<ListPage<T>> {
    const text = await this.#get(path, signal);
    try {
      return readList(firstJsonValue(text), item);
    } catch (error) {
      throw this.#unexpected(path, `a list, but it cannot be read: ${this.#quoted(messageOf(error))}`);
    }
  }

  async #get(path: string, signal: AbortSignal): Promise<string> {
    const answer = await this.#http.send({
      method: "GET",
      url: this.#base + path,
      headers: this.#headers,
      signal,
    });
    this.#expect200(answer, path);
    return answer.body.toString("utf8");
  }

  #expect200(answer: HttpAnswer, path: string): void {
    if (answer.status === 200) return;
    const told = this.#quoted(answer.body.toString("utf8"));
    const problem = statusProblem(answer.status, this.#base + path, told, retryAfterOf(answer.headers));
    // A Manager before v0.2.0 answers 500 for a bad token and for a missing project alike, and newer ones change with
    // what people configure there: nothing is final, so all of it is tried again.
    throw problem instanceof DeniedProblem || problem instanceof LinkProblem
      ? problem
      : new LinkProblem("answer_unexpected", problem.message);
  }

  /** A few of the other side's words. Whoever echoes requests must not bring our token into a log. */
  #quoted(text: string): string {
    const safe = this.#token === "" ? text : text.replaceAll(this.#token, "***");
    return safe.trim().slice(0, 200);
  }

  #unexpected(path: string, what: string): LinkProblem {
    return new LinkProblem("answer_unexpected", `${this.#base}${path} should answer ${what}`);
  }
}

/** JSON as Go's encoder writes it: five characters escaped that JSON need not, and two with other words. */
function goJson(value: object): string {
  const unicode = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(value)
    .replace(/\\./g, (pair) => (pair === "\\b" ? "\\u0008" : pair === "\\f" ? "\\u000c" : pair))
    .replace(/[<>&\u2028\u2029]/g, unicode);
}
