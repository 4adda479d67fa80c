import { unless } from "../../../core/life.ts";
import { LinkProblem, type Problem } from "../../../core/problems.ts";
import { retryAfterOf, statusProblem } from "../../../wire/http-answers.ts";
import { type HttpAnswer, HttpClient } from "../../../wire/http-client.ts";
import type { OauthConfig } from "../config/layers.ts";
import type { ExchangeLayer } from "./exchange.ts";
import { queryEscaped, writtenQuery } from "./go-url.ts";
import { withHeader } from "./headers.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Token, tokenFrom } from "./token.ts";

/**
 * Adds a token of the client credentials grant to each request. One request for a token is under way at a time, and
 * whoever needs it waits for it. Outside of the profile `krakend`, a 401 is answered by one try with a new token.
 * Throws what the token endpoint's failure means. Source: krakend-async §5.17, `golang.org/x/oauth2`.
 */
export function oauth(
  config: OauthConfig,
  around: Pick<Surroundings, "profile" | "timeout" | "env" | "owns">,
): ExchangeLayer {
  const tokens = new Tokens(config, around);
  around.owns(tokens);
  return (next) => async (request, signal) => {
    const send = async (token: Token) => {
      const headers = withHeader(request.headers, "Authorization", [token.header]);
      return next({ ...request, headers }, signal);
    };
    const token = await tokens.get(signal);
    const answer = await send(token);
    if (answer.status !== 401 || around.profile.lenient) return answer;
    tokens.forget(token);
    return send(await tokens.get(signal));
  };
}

type Style = "basic" | "form";

class Tokens {
  readonly #config: OauthConfig;
  readonly #client: HttpClient;
  readonly #life = new AbortController();
  /** How the endpoint wants to be told who we are; undefined until it took one way. */
  #style: Style | undefined;
  #token: Token | undefined;
  #pending: Promise<Token> | undefined;

  constructor(config: OauthConfig, { timeout, env }: Pick<Surroundings, "timeout" | "env">) {
    this.#config = config;
    this.#client = new HttpClient({ timeout, largest: 2 ** 20, follow: false, unpack: true, proxy: env });
  }

  async get(signal: AbortSignal): Promise<Token> {
    if (this.#token && Date.now() < this.#token.until) return this.#token;
    this.#pending ??= this.#ask().finally(() => {
      this.#pending = undefined;
    });
    const token = await unless(signal, this.#pending);
    if (token) return token;
    const late = signal.reason instanceof Error ? "deadline exceeded" : "canceled";
    throw new LinkProblem("timed_out", `${this.#config.token_url} gave no token: context ${late}`);
  }

  /** The next one who asks gets a new token, unless that has come already. */
  forget(token: Token): void {
    if (this.#token === token) this.#token = undefined;
  }

  close(): Promise<void> {
    this.#life.abort(new Error("closed"));
    return this.#client.close();
  }

  async #ask(): Promise<Token> {
    const style = this.#style ?? "basic";
    let answer = await this.#request(style);
    let token = tokenFrom(answer);
    if (token === undefined && this.#style === undefined) {
      answer = await this.#request("form");
      token = tokenFrom(answer);
      if (token !== undefined) this.#style = "form";
    } else if (token !== undefined) this.#style = style;
    if (token === undefined) throw this.#problem(answer);
    this.#token = token;
    return token;
  }

  #request(style: Style): Promise<HttpAnswer> {
    const { token_url: url, client_id: id, client_secret: secret, scopes, params } = this.#config;
    const fields = new Map<string, readonly string[]>([
      ["grant_type", ["client_credentials"]],
      // The peer sends it even when there is none.
      ["scope", [scopes.join(" ")]],
      ...Object.entries(params),
    ]);
    if (style === "form") fields.set("client_id", [id]).set("client_secret", [secret.reveal()]);
    const headers: Record<string, string> = { "Content-Type": "application/x-www-form-urlencoded" };
    const pair = `${queryEscaped(id)}:${queryEscaped(secret.reveal())}`;
    if (style === "basic") headers["Authorization"] = `Basic ${Buffer.from(pair).toString("base64")}`;
    const { signal } = this.#life;
    return this.#client.send({ method: "POST", url, headers, body: writtenQuery(fields), signal });
  }

  /** What an answer without a token means. That it is refused is never the event's fault. */
  #problem(answer: HttpAnswer): Problem {
    const what = `POST ${this.#config.token_url}`;
    const told = toldBy(answer);
    if (answer.status >= 200 && answer.status <= 299) {
      return new LinkProblem("answer_unexpected", `${what} answered without an access_token`);
    }
    const status = /^(?:invalid|unauthorized)_client$/.test(told) ? 401 : answer.status;
    const problem = statusProblem(status, what, told, retryAfterOf(answer.headers));
    if (problem.code !== "item_refused") return problem;
    return new LinkProblem("answer_unexpected", problem.message, {
      remedy: "Check the token URL, the scopes and the parameters.",
    });
  }
}

/** The error's code, if it is one; never more, because an endpoint may repeat what it was sent. */
function toldBy({ body }: HttpAnswer): string {
  return /"error"\s*:\s*"(\w{1,60})"/.exec(body.toString("utf8"))?.[1] ?? "";
}
