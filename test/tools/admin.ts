import { Secret } from "../../src/core/secret.ts";
import { adminApp } from "../../src/runtime/admin/app.ts";
import { outriderOf } from "./in-process.ts";
import type { Tidy } from "./tidy.ts";

export interface Asked {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

export interface AdminOptions {
  readonly token?: string;
  /** The folder of the built page. Default: none. */
  readonly page?: string;
  readonly kinds?: Parameters<typeof outriderOf>[2];
}

/** A started Outrider, and a way to ask its API. */
export async function adminOf(tidy: Tidy, text: string, { token, page, kinds }: AdminOptions = {}) {
  const made = await outriderOf(tidy, text, kinds);
  await made.outrider.start();
  const secret = token === undefined ? undefined : new Secret(token);
  const app = adminApp(made.outrider, secret, page ?? "/nowhere/");
  const ask = async (path: string, { method = "GET", headers = {}, body }: Asked = {}) => {
    const answer = await app.request(path, {
      method,
      headers: { host: "127.0.0.1:9900", ...headers },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const answered = await answer.text();
    return {
      status: answer.status,
      headers: answer.headers,
      text: answered,
      json: answered.startsWith("{") ? JSON.parse(answered) : undefined,
    };
  };
  return {
    ...made,
    ask,
    get: async (path: string) => (await ask(path)).json,
    post: (path: string, body?: unknown) => ask(path, { method: "POST", body }),
    put: (path: string, body?: unknown) => ask(path, { method: "PUT", body }),
    remove: (path: string) => ask(path, { method: "DELETE" }),
  };
}
