import type { IncomingMessage, ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { freePort, serveHttp } from "../../../../test/tools/ports.ts";
import { Tidy } from "../../../../test/tools/tidy.ts";
import { Secret } from "../../../core/secret.ts";
import { type Profile, profiles } from "../profile.ts";
import type { Exchange } from "./exchange.ts";
import { oauth } from "./oauth.ts";

const tidy = new Tidy();
type Reply = (body: URLSearchParams, request: IncomingMessage, response: ServerResponse) => unknown;

/** A token endpoint that remembers what it was asked. */
async function endpoint(reply: Reply) {
  const asked: { fields: string; authorization: string | undefined }[] = [];
  const url = await serveHttp(tidy, (request, response) => {
    let body = "";
    request
      .on("data", (chunk) => (body += chunk))
      .on("end", () => {
        asked.push({ fields: body, authorization: request.headers.authorization });
        response.setHeader("content-type", "application/json");
        const answer = reply(new URLSearchParams(body), request, response);
        if (answer !== undefined) response.end(JSON.stringify(answer));
      });
  });
  return { url, asked };
}

/** Sends one request after another; the backend answers the statuses in order, then 200. */
function caller(url: string, statuses: number[] = [], profile: Profile = profiles.safe) {
  const seen: (string | undefined)[] = [];
  const next: Exchange = async ({ headers }) => {
    seen.push(headers["Authorization"]?.[0]);
    return { status: statuses.shift() ?? 200, headers: {}, body: Buffer.alloc(0) };
  };
  const config = {
    token_url: url,
    client_id: "me:1",
    client_secret: new Secret("canary &"),
    scopes: ["a", "b"],
    params: { audience: ["x"] },
  };
  const owns = (closing: { close(): Promise<void> }) => tidy.later(() => closing.close());
  const layer = oauth(config, { profile, timeout: 1_000, env: {}, owns })(next);
  const request = { method: "POST", url: "http://b0.test/", headers: {}, body: Buffer.alloc(0) };
  return { seen, send: () => layer(request, new AbortController().signal) };
}

describe("oauth", () => {
  it("asks once for all, with Basic, and keeps the token", async () => {
    const { url, asked } = await endpoint(() => ({
      access_token: "t",
      token_type: "bearer",
      expires_in: 3600,
    }));
    const { seen, send } = caller(url);
    await Promise.all([send(), send(), send()]);
    await send();
    const authorization = `Basic ${Buffer.from("me%3A1:canary+%26").toString("base64")}`;
    expect(asked).toEqual([{ fields: "audience=x&grant_type=client_credentials&scope=a+b", authorization }]);
    expect(seen).toEqual(["Bearer t", "Bearer t", "Bearer t", "Bearer t"]);
  });

  it("tries form fields where Basic is refused, and remembers; renews ten seconds early", async () => {
    const { url, asked } = await endpoint((fields, _, response) => {
      if (fields.get("client_id") === "me:1" && fields.get("client_secret") === "canary &") {
        return { access_token: `t${asked.length}`, token_type: "Custom", expires_in: "10" };
      }
      response.statusCode = 401;
      return {};
    });
    const { seen, send } = caller(url);
    await send();
    await send();
    expect(asked.map(({ authorization }) => authorization === undefined)).toEqual([false, true, true]);
    expect(seen).toEqual(["Custom t2", "Custom t3"]);
  });

  it("takes a new token after a 401, once; the peer does not", async () => {
    let made = 0;
    const { url } = await endpoint(() => ({ access_token: `t${++made}` }));
    const safe = caller(url, [401, 401]);
    expect((await safe.send()).status).toBe(401);
    expect(safe.seen).toEqual(["Bearer t1", "Bearer t2"]);
    const krakend = caller(url, [401], profiles.krakend);
    expect((await krakend.send()).status).toBe(401);
    expect(krakend.seen).toEqual(["Bearer t3"]);
  });

  it.each([
    [401, {}, "DeniedProblem", "credentials_refused"],
    [400, { error: "invalid_client" }, "DeniedProblem", "credentials_refused"],
    [400, { error: "invalid_scope" }, "LinkProblem", "answer_unexpected"],
    [503, {}, "LinkProblem", "server_failed"],
    [200, {}, "LinkProblem", "answer_unexpected"],
  ])("says what a %i with %j means, without the secret", async (status, answer, name, code) => {
    const { url } = await endpoint((_, __, response) => {
      response.statusCode = status;
      return { ...answer, you: "said canary" };
    });
    const problem = await caller(url)
      .send()
      .catch((error: unknown) => error);
    expect(problem).toMatchObject({ name, code });
    expect(String(problem)).not.toContain("canary");
  });

  it("reads forms, and says that nobody is there", async () => {
    const { url } = await endpoint((_, __, response) => {
      response.setHeader("content-type", "text/plain; charset=utf-8");
      response.end("access_token=f&token_type=mac&expires_in=60");
    });
    const form = caller(url);
    await form.send();
    expect(form.seen).toEqual(["MAC f"]);
    await expect(caller(`http://127.0.0.1:${await freePort()}`).send()).rejects.toMatchObject({
      code: "connect_failed",
    });
  });
});
