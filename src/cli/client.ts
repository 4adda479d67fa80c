import { existsSync } from "node:fs";
import { parse } from "../config/document.ts";
import { readSources } from "../config/load.ts";
import { LinkProblem } from "../core/problems.ts";
import { places } from "../runtime/configuration.ts";
import { jsonOf } from "../wire/http-answers.ts";
import { type HttpAnswer, HttpClient, type HttpRequest } from "../wire/http-client.ts";

export interface AdminArgs {
  readonly admin?: string | undefined;
  readonly token?: string | undefined;
  readonly config?: string | undefined;
}

/** Speaks to the admin API of a running Outrider. */
export class AdminClient {
  readonly #url: string;
  readonly #token: string | undefined;

  constructor(args: AdminArgs) {
    const configured = fromConfiguration(args.config);
    this.#url = (args.admin ?? process.env["OUTRIDER_ADMIN"] ?? configured.url).replace(/\/+$/, "");
    this.#token = args.token ?? process.env["OUTRIDER_TOKEN"] ?? configured.token;
  }

  /** Sends a request and returns the JSON it answers. Throws Unavailable if nobody answers, Refused if the answer is no. */
  async ask<T>(method: "GET" | "POST" | "DELETE", path: string, body?: unknown): Promise<T> {
    const http = new HttpClient();
    try {
      const answer = await this.#send(http, {
        method,
        url: `${this.#url}${path}`,
        headers: {
          ...(body !== undefined && { "content-type": "application/json" }),
          ...(this.#token !== undefined && { authorization: `Bearer ${this.#token}` }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: new AbortController().signal,
      });
      const json = jsonOf(answer, `${method} ${this.#url}${path}`) as T & {
        error?: { message: string; remedy?: string };
      };
      if (json.error) throw new Refused([json.error.message, json.error.remedy].filter(Boolean).join("\n"));
      return json;
    } finally {
      await http.close();
    }
  }

  async #send(http: HttpClient, request: HttpRequest): Promise<HttpAnswer> {
    try {
      return await http.send(request);
    } catch (cause) {
      throw cause instanceof LinkProblem && cause.code === "connect_failed" ? new Unavailable(cause) : cause;
    }
  }
}

/** The admin API said no. */
export class Refused extends Error {}

/** Nobody answers at the admin address. */
export class Unavailable extends LinkProblem {
  constructor(cause: LinkProblem) {
    const remedy = "No Outrider answers there; is it running, and is its admin API on?";
    super("connect_failed", cause.message, { cause, remedy });
  }
}

/** Where the configuration says that the admin API listens; the default without one. */
function fromConfiguration(given: string | undefined): { url: string; token: string | undefined } {
  const path = given ?? process.env["OUTRIDER_CONFIG"] ?? places.find((place) => existsSync(place));
  const admin = { listen: "127.0.0.1:9900", token: undefined as string | undefined };
  for (const { text, file } of path === undefined ? [] : readSources(path)) {
    Object.assign(admin, (parse(text, file, process.env).data as { admin?: object }).admin);
  }
  const host = admin.listen.replace(/^(0\.0\.0\.0|\[::\])?:/, "127.0.0.1:");
  return { url: `http://${host}`, token: admin.token };
}
