import { existsSync } from "node:fs";
import { parse } from "../config/document.ts";
import { readSources } from "../config/load.ts";
import { LinkProblem } from "../core/problems.ts";
import { places } from "../runtime/configuration.ts";
import { HttpClient, jsonOf } from "../wire/http-client.ts";

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

  /** Sends a request and returns the JSON it answers. Throws LinkProblem if nobody answers, Error with its message else. */
  async ask<T>(method: "GET" | "POST" | "DELETE", path: string, body?: unknown): Promise<T> {
    const http = new HttpClient();
    try {
      const answer = await http.send({
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
}

/** The admin API said no. */
export class Refused extends Error {}

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

/** Whether an error means that nobody answers. */
export function isUnavailable(error: unknown): boolean {
  return error instanceof LinkProblem && error.code === "connect_failed";
}
