import { createHash, createHmac } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { serveHttp } from "../../../../test/tools/ports.ts";
import { Tidy } from "../../../../test/tools/tidy.ts";
import { Secret } from "../../../core/secret.ts";
import type { LambdaConfig } from "../config/backend.ts";
import { plainEvent } from "../event.ts";
import { type Profile, profiles } from "../profile.ts";
import { lambda } from "./lambda.ts";

const tidy = new Tidy();
const SECRET = "canary/secret";

interface Seen {
  readonly path: string;
  readonly body: string;
  readonly isSigned: boolean;
  readonly headers: IncomingMessage["headers"];
}

/** The signature as AWS computes it from what came. Source: AWS Signature Version 4. */
function signatureOf(request: IncomingMessage, body: string): string {
  const { authorization = "", ...headers } = request.headers;
  const names = /SignedHeaders=([^,]+)/.exec(authorization)![1]!;
  const scope = /Credential=[^/]+\/([^,]+)/.exec(authorization)![1]!;
  const lines = names.split(";").map((name) => `${name}:${headers[name]}\n`);
  const hash = (text: string) => createHash("sha256").update(text).digest("hex");
  const path = request.url!.split("/").map(encodeURIComponent).join("/");
  const canonical = ["POST", path, "", lines.join(""), names, hash(body)].join("\n");
  const text = ["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, hash(canonical)].join("\n");
  const hmac = (key: string | Buffer, part: string) => createHmac("sha256", key).update(part).digest();
  const key = scope.split("/").reduce<string | Buffer>(hmac, `AWS4${SECRET}`);
  return createHmac("sha256", key).update(text).digest("hex");
}

async function aws(status: number, answer: string, headers: Record<string, string> = {}) {
  const seen: Seen[] = [];
  const url = await serveHttp(tidy, (request, response) => {
    let body = "";
    request
      .on("data", (chunk) => (body += chunk))
      .on("end", () => {
        const isSigned =
          request.headers.authorization?.endsWith(`Signature=${signatureOf(request, body)}`) === true;
        seen.push({ path: request.url!, body, isSigned, headers: request.headers });
        response.writeHead(status, headers).end(answer);
      });
  });
  return { url, seen };
}

function invoke(
  endpoint: string,
  config: Partial<LambdaConfig> = {},
  profile: Profile = profiles.safe,
  params = {},
) {
  const account = { region: "eu-west-1", key: "AKID", secret: new Secret(SECRET) };
  const owns = (closing: { close(): Promise<void> }) => tidy.later(() => closing.close());
  const whole = { param: "function", endpoint, ...account, ...config };
  const event = plainEvent(Buffer.from('{"a":"ü"}'));
  const call = { event, method: "POST", path: "", url: "", query: {}, params, headers: {}, body: event.body };
  return lambda(whole, { profile, env: {}, owns })(call, new AbortController().signal);
}

describe("lambda", () => {
  it("sends the event, signed, and gives the function's answer", async () => {
    const { url, seen } = await aws(200, '{"ok":true}', { "x-amz-executed-version": "7" });
    expect(await invoke(url, { function: "my fn:live" })).toEqual({
      data: { ok: true },
      complete: true,
      status: 200,
      headers: { "X-Amz-Executed-Version": ["7"] },
    });
    expect(seen).toMatchObject([
      { path: "/2015-03-31/functions/my%20fn%3Alive/invocations", body: '{"a":"ü"}', isSigned: true },
    ]);
    expect(seen[0]!.headers).toMatchObject({ "x-amz-invocation-type": "RequestResponse" });
  });

  it("sends parameters with GET, and takes the name of the function from one", async () => {
    const { url, seen } = await aws(200, "{}");
    await invoke(url, { method: "get", param: "fn" }, profiles.safe, { Fn: "named", Resp0_id: "1" });
    expect(seen[0]).toMatchObject({ path: "/2015-03-31/functions/named/invocations", isSigned: true });
    expect(JSON.parse(seen[0]!.body)).toEqual({ fn: "named", resp0_id: "1" });
  });

  it("takes a function's own failure for one, which the peer does not", async () => {
    const { url } = await aws(200, '{"errorMessage":"x"}', { "x-amz-function-error": "Unhandled" });
    expect((await invoke(url, { function: "f" })).problem).toMatchObject({ code: "server_failed" });
    const theirs = await invoke(url, { function: "f" }, profiles.krakend);
    expect([theirs.data, theirs.problem]).toEqual([{ errorMessage: "x" }, undefined]);
  });

  it.each([
    [200, "[]", "answer_unexpected"],
    [200, "", "answer_unexpected"],
    [403, "", "credentials_refused"],
    [404, "", "answer_unexpected"],
    [413, "", "item_refused"],
    [429, "", "server_failed"],
    [503, "", "server_failed"],
  ])("says what a %i with %j means", async (status, text, code) => {
    const { url } = await aws(status, text);
    expect((await invoke(url, { function: "f" })).problem?.code).toBe(code);
  });

  it("takes the account from the environment, and needs one", async () => {
    const { url, seen } = await aws(200, "{}");
    const env = {
      AWS_REGION: "x-1",
      AWS_ACCESS_KEY_ID: "K",
      AWS_SECRET_ACCESS_KEY: SECRET,
      AWS_SESSION_TOKEN: "S",
    };
    const config = { param: "function", function: "f", endpoint: url };
    const owns = (closing: { close(): Promise<void> }) => tidy.later(() => closing.close());
    const event = plainEvent(Buffer.from("{}"));
    const call = {
      event,
      method: "POST",
      path: "",
      url: "",
      query: {},
      params: {},
      headers: {},
      body: event.body,
    };
    await lambda(config, { profile: profiles.safe, env, owns })(call, new AbortController().signal);
    expect(seen[0]).toMatchObject({ isSigned: true, headers: { "x-amz-security-token": "S" } });
    expect(() => lambda(config, { profile: profiles.safe, env: {}, owns })).toThrow(
      "no region, or no credentials",
    );
  });
});
