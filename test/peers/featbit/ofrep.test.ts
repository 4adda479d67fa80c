import { OFREPProvider } from "@openfeature/ofrep-provider";
import { OFREPWebProvider } from "@openfeature/ofrep-web-provider";
import { OpenFeature } from "@openfeature/server-sdk";
import { OpenFeature as WebOpenFeature } from "@openfeature/web-sdk";
import { describe, expect, it } from "vitest";
import { DEV, fixture, PROD, plainFlag, secrets } from "../../tools/featbit-data.ts";
import { followingRelay, relayOf } from "../../tools/relay.ts";
import { Tidy } from "../../tools/tidy.ts";
import { until } from "../../tools/until.ts";

const tidy = new Tidy();

interface Recorded {
  readonly request: { path: string; headers: Record<string, string>; body: object };
  readonly response: { body: Record<string, unknown> };
  readonly notFound?: { path: string; status: number; body: object };
}

function asker(url: string) {
  return (path: string, body: unknown, headers: Record<string, string> = {}) =>
    fetch(url + path, {
      method: "POST",
      headers: { "content-type": "application/json", "x-api-key": secrets.prod.client, ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
}

const FLAGS = "/ofrep/v1/evaluate/flags";
const context = { targetingKey: "ada", name: "Ada Lovelace", country: "fr", cartTotal: 80 };

describe("OFREP", () => {
  it("answers one flag and all of them as recorded", async () => {
    const { url } = await followingRelay(tidy);
    const ask = asker(url);
    const single = fixture<Recorded>("ofrep-single");
    const one = await ask(single.request.path, single.request.body, single.request.headers);
    expect(await one.json()).toMatchObject(single.response.body);
    const none = await ask(single.notFound!.path, single.request.body, single.request.headers);
    expect([none.status, await none.json()]).toMatchObject([404, single.notFound!.body]);
    const bulk = fixture<Recorded>("ofrep-bulk");
    const all = await ask(bulk.request.path, bulk.request.body, bulk.request.headers);
    const { eventStreams: _, ...body } = bulk.response.body;
    const told = (await all.json()) as { flags: object[]; eventStreams: unknown[] };
    expect(told).toMatchObject(body);
    expect(told.flags).toHaveLength(3);
    expect(all.headers.get("etag")).toMatch(/^".+"$/);
  });

  it("says 304 to who has this very answer, and never to another context", async () => {
    const { url, server } = await followingRelay(tidy);
    const ask = asker(url);
    const etag = (await ask(FLAGS, { context })).headers.get("etag")!;
    const again = await ask(FLAGS, { context }, { "if-none-match": etag });
    expect([again.status, await again.text()]).toEqual([304, ""]);
    const other = { ...context, targetingKey: "nobody", country: "us" };
    expect((await ask(FLAGS, { context: other }, { "if-none-match": etag })).status).toBe(200);
    expect((await ask(`${FLAGS}?flagConfigEtag=other`, { context }, { "if-none-match": etag })).status).toBe(
      200,
    );
    server.change({ flag: plainFlag("new") });
    await until(
      "there is another answer",
      async () => (await ask(FLAGS, { context }, { "if-none-match": etag })).status === 200,
    );
  });

  it("says what is wrong, in its own words", async () => {
    const { url, server } = await followingRelay(tidy);
    const ask = asker(url);
    server.change({ flag: { ...plainFlag("no-number"), variationType: "number" } });
    await until(
      "the flag is there",
      async () => (await ask(`${FLAGS}/no-number`, { context })).status === 400,
    );
    const answers = await Promise.all([
      ask(`${FLAGS}/no-number`, { context }),
      ask(FLAGS, { context: {} }),
      ask(FLAGS, { context: [] }),
      ask(FLAGS, "{"),
      ask(FLAGS, { context }, { "x-api-key": "wrong" }),
      ask(`${FLAGS}/old-footer`, { context }),
    ]);
    const told = await Promise.all(
      answers.map(async (each) => [each.status, ((await each.json()) as { errorCode?: string }).errorCode]),
    );
    expect(told).toEqual([
      [400, "PARSE_ERROR"],
      [400, "TARGETING_KEY_MISSING"],
      [400, "INVALID_CONTEXT"],
      [400, "PARSE_ERROR"],
      [401, undefined],
      [404, "FLAG_NOT_FOUND"],
    ]);
  });

  it("puts off who comes before there is data, as 401 would be for ever", async () => {
    const { url } = await relayOf(tidy, { from: { push: {} } });
    expect((await asker(url)(FLAGS, { context })).status).toBe(503);
  });

  it("tells by server-sent events that there is something new, in this environment alone", async () => {
    const { url, server } = await followingRelay(tidy);
    const told = (await (await asker(url)(FLAGS, { context })).json()) as {
      eventStreams: { endpoint: { requestUri: string } }[];
    };
    const { requestUri } = told.eventStreams[0]!.endpoint;
    expect(requestUri).not.toContain(secrets.prod.client);
    expect((await fetch(`${url}${requestUri}x`)).status).toBe(401);
    const stream = await fetch(url + requestUri);
    expect(stream.headers.get("content-type")).toBe("text/event-stream");
    let heard = "";
    const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
    const reading = (async () => {
      for (let part = await reader.read(); !part.done; part = await reader.read()) heard += part.value;
    })().catch(() => {});
    server.change({ flag: plainFlag("elsewhere", { envId: DEV }) });
    server.change({ flag: plainFlag("here", { envId: PROD }) });
    await until("an event", () => heard.includes("event: message"));
    expect(heard.match(/refetchEvaluation/g)).toHaveLength(1);
    await reader.cancel();
    await reading;
  });
});

describe("OpenFeature's own provider", () => {
  it.each(["server", "client"] as const)("gets its values with a %s secret", async (type) => {
    const { url } = await followingRelay(tidy);
    const provider = new OFREPProvider({
      baseUrl: url,
      headers: [["Authorization", `Bearer ${secrets.prod[type]}`]],
    });
    await OpenFeature.setProviderAndWait(provider);
    const client = OpenFeature.getClient();
    const details = await client.getBooleanDetails("new-checkout", false, context);
    expect(details).toMatchObject({
      value: true,
      variant: "6f0c9a10-1111-4a11-8a11-000000000001",
      reason: "TARGETING_MATCH",
    });
    expect(await client.getStringValue("banner-text", "none", context)).toBe("Spring sale: 20 % off");
    expect(await client.getObjectValue("search-limits", {}, context)).toEqual({ max: 10 });
    expect(await client.getBooleanDetails("nope", true, context)).toMatchObject({
      value: true,
      errorCode: "FLAG_NOT_FOUND",
    });
    await OpenFeature.close();
  });
});

describe("OpenFeature's own web provider", () => {
  it.each(["server", "client"] as const)(
    "gets its values with a %s secret, and polls with what it has",
    async (type) => {
      const { url, server } = await followingRelay(tidy);
      const statuses: number[] = [];
      const provider = new OFREPWebProvider({
        baseUrl: url,
        headers: [["Authorization", `Bearer ${secrets.prod[type]}`]],
        pollInterval: 100,
        fetchImplementation: async (...asked: Parameters<typeof fetch>) => {
          const answer = await fetch(...asked);
          statuses.push(answer.status);
          return answer;
        },
      });
      await WebOpenFeature.setContext(context);
      await WebOpenFeature.setProviderAndWait(provider);
      tidy.later(() => WebOpenFeature.close());
      const client = WebOpenFeature.getClient();
      expect(client.getBooleanDetails("new-checkout", false)).toMatchObject({
        value: true,
        reason: "TARGETING_MATCH",
      });
      await until("nothing was new", () => statuses.includes(304));
      server.change({ flag: plainFlag("live", { value: "heard" }) });
      await until("it hears", () => client.getStringValue("live", "not yet") === "heard");
      await WebOpenFeature.setContext({ ...context, targetingKey: "zoe", country: "us" });
      await until("it is another's", () => client.getBooleanValue("new-checkout", true) === false);
    },
  );
});
