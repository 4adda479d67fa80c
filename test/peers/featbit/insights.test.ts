import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { StandInFeatbit } from "../../tools/featbit.ts";
import { DEV, fixture, PROD, secrets } from "../../tools/featbit-data.ts";
import { folder } from "../../tools/folder.ts";
import { followingRelay, relayOf } from "../../tools/relay.ts";
import { Tidy } from "../../tools/tidy.ts";
import { until } from "../../tools/until.ts";

const tidy = new Tidy();

const recorded = fixture<Insight[]>("insights");

interface Insight {
  readonly user: { keyId: string; name: string; customizedProperties: { name: string; value: string }[] };
  readonly variations?: object[];
  readonly metrics?: object[];
}

/** A relay that sends insights to its server. */
async function sending(more: object = {}) {
  const events = await StandInFeatbit.start(tidy);
  const to = { featbit: { url: events.url.replace("ws", "http") } };
  const relay = await followingRelay(tidy, { insights: { to, batch: { window: "50ms" }, ...more } });
  const track = (body: unknown, authorization = secrets.prod.client) =>
    fetch(`${relay.url}/api/public/insight/track`, {
      method: "POST",
      headers: { authorization, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  const arrived = () => events.requests.flatMap(({ body }) => body as Insight[]);
  return { events, track, arrived, ...relay };
}

describe("insights", () => {
  it("arrive as they were sent, several requests as one, with a secret of their environment", async () => {
    const { events, track, arrived } = await sending();
    const answers = await Promise.all([track(recorded), track(recorded.slice(0, 1))]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    await until("they arrive", () => arrived().length === 4);
    expect(arrived().slice(0, 3)).toEqual(recorded);
    expect(events.requests[0]).toMatchObject({
      path: "/api/public/insight/track",
      headers: { authorization: secrets.prod.server, "user-agent": "featbit-agent" },
    });
  });

  it("are cleaned of what the server does not take", async () => {
    const { track, arrived } = await sending();
    await track([
      { user: { name: "no key" }, metrics: [{}] },
      {
        user: {
          keyId: "a",
          customizedProperties: [
            { name: "n", value: 5 },
            { name: "x", value: null },
          ],
        },
        variations: [{ variation: null }, { variation: { id: "v" } }],
      },
      { user: { keyId: "b" }, variations: [{ variation: null }] },
      "nonsense",
    ]);
    await until("they arrive", () => arrived().length > 0);
    expect(arrived()).toEqual([
      {
        user: { keyId: "a", name: "", customizedProperties: [{ name: "n", value: "5" }] },
        variations: [{ variation: { id: "v" } }],
      },
    ]);
  });

  it("wait for a server that is away, and none is lost, also over a restart", async () => {
    const state = await folder(tidy);
    const events = await StandInFeatbit.start(tidy);
    const server = await StandInFeatbit.start(tidy);
    const more = {
      from: { featbit: { url: server.url, key: server.key, agent: "a" } },
      insights: { to: { featbit: { url: events.url.replace("ws", "http") } }, batch: { window: "50ms" } },
    };
    events.state.statuses.insights = 503;
    const first = await relayOf(tidy, more, { state });
    await until("it follows", () => first.status().syncState === "Stable");
    const track = (url: string, keyId: string) =>
      fetch(`${url}/api/public/insight/track`, {
        method: "POST",
        headers: { authorization: secrets.prod.server },
        body: JSON.stringify([{ user: { keyId }, metrics: [{ eventName: "e" }] }]),
      });
    for (let i = 0; i < 20; i++) expect((await track(first.url, `u${i}`)).status).toBe(200);
    await until("the server was asked in vain", () => events.requests.length > 0);
    await first.outrider.close();
    const inVain = events.requests.length;
    events.state.statuses = {};
    const second = await relayOf(tidy, more, { state });
    await track(second.url, "last");
    const keys = () =>
      new Set(
        events.requests
          .slice(inVain)
          .flatMap(({ body }) => (body as Insight[]).map(({ user }) => user.keyId)),
      );
    await until("all have arrived", () => keys().size === 21, { within: 20_000 });
  });

  it("that the server refuses are set aside alone, and the others arrive", async () => {
    const { events, track, arrived, source } = await sending();
    events.state.refuses = (body) => JSON.stringify(body).includes("poison");
    const insight = (keyId: string) => ({ user: { keyId }, metrics: [{ eventName: "e" }] });
    await track([...Array.from({ length: 9 }, (_, i) => insight(`u${i}`)), insight("poison")]);
    const kept = join(source.stateDir, "files", "flags", "insights-rejected.ndjson");
    await until("the bad one is kept", () => readFileSync(kept, "utf8").includes("poison"));
    const ok = () => arrived().filter(({ user }) => user.keyId !== "poison");
    await until("the others arrive", () => new Set(ok().map(({ user }) => user.keyId)).size === 9);
  });

  it.each([401, 403, 404])(
    "of an environment that the server refuses with %d hold up no other, and arrive once it takes them",
    async (status) => {
      const {
        events,
        track,
        outrider,
        status: told,
      } = await sending({ batch: { items: 5, window: "10ms" } });
      events.state.insightsOf[secrets.dev.server] = status;
      const insight = (keyId: string) => [{ user: { keyId }, metrics: [{ eventName: "e" }] }];
      // More than a pipeline sets aside while it waits, so that one for all would stand still.
      for (let i = 0; i < 300; i++) await track(insight(`dev-${i}`), secrets.dev.client);
      const sink = (envId: string) =>
        outrider.status("flags").parts.find(({ name }) => name === `sink:${envId}`);
      await until("it is said of the one", () => sink(DEV)?.problem?.code === "credentials_refused");
      for (let i = 0; i < 50; i++) await track(insight(`prod-${i}`));
      const sent = () => told().events?.["sent"];
      await until("all of the other arrive", () => sent() === 50);
      expect(sink(PROD)?.state).toBe("up");
      expect(sink(DEV)?.state).toBe("down");
      events.state.insightsOf = {};
      // Who was refused asks again after a minute; whoever has mended it may say so by a restart.
      await outrider.restartAgent("flags");
      await until("the refused ones arrive", () => (sent() ?? 0) >= 300, { within: 20_000 });
      const keys = events.requests
        .filter(({ headers }) => headers.authorization === secrets.dev.server)
        .flatMap(({ body }) => (body as Insight[]).map(({ user }) => user.keyId));
      expect(new Set(keys).size).toBe(300);
    },
  );

  it("that came before the environments were known find their lane", async () => {
    const events = await StandInFeatbit.start(tidy);
    const relay = await relayOf(tidy, {
      from: { push: {} },
      insights: { to: { featbit: { url: events.url.replace("ws", "http") } }, batch: { window: "20ms" } },
    });
    const answer = await fetch(`${relay.url}/api/public/insight/track`, {
      method: "POST",
      headers: { authorization: secrets.dev.client },
      body: JSON.stringify(recorded),
    });
    expect(answer.status).toBe(200);
    await relay.admin("bootstrap", { method: "POST", body: JSON.stringify(fixture("rp-bootstrap")) });
    const arrived = () => events.requests.flatMap(({ body }) => body as Insight[]);
    await until("they arrive", () => arrived().length === recorded.length, { within: 20_000 });
    expect(arrived()).toEqual(expect.arrayContaining(recorded));
    expect(new Set(events.requests.map(({ headers }) => headers.authorization))).toEqual(
      new Set([secrets.dev.server]),
    );
  });

  it("never bring an SDK trouble of the server's", async () => {
    const { events, track, arrived, outrider } = await sending();
    events.state.statuses.insights = 404;
    expect((await track(recorded)).status).toBe(200);
    await until("it is said", () =>
      outrider.status("flags").parts.some(({ name, state }) => name === `sink:${PROD}` && state === "down"),
    );
    expect((await track(recorded)).status).toBe(200);
    expect(arrived().length).toBeGreaterThan(0);
  });

  it("are taken and dropped where nobody wants them", async () => {
    const { url, server } = await followingRelay(tidy);
    const answer = await fetch(`${url}/api/public/insight/track`, {
      method: "POST",
      headers: { authorization: secrets.prod.client },
      body: JSON.stringify(recorded),
    });
    expect(answer.status).toBe(200);
    expect(server.requests.every(({ path }) => !path.includes("insight"))).toBe(true);
  });

  it("may stay in a file of ours", async () => {
    const path = join(await folder(tidy), "insights.ndjson");
    const { url } = await followingRelay(tidy, {
      insights: { to: { file: { path } }, batch: { window: "20ms" } },
    });
    await fetch(`${url}/api/public/insight/track`, {
      method: "POST",
      headers: { authorization: secrets.prod.client },
      body: JSON.stringify(recorded),
    });
    await until(
      "they are written",
      () => existsSync(path) && readFileSync(path, "utf8").split("\n").length === 4,
    );
  });
});

describe("what must not leave", () => {
  const everything = ["ada", "Ada Lovelace", "ada@example.org", '"fr"', '"80"', "grace"];

  /** What left, and what lies on our own disk. */
  async function shown(anonymise: object) {
    const { track, arrived, source } = await sending({ anonymise });
    await track(recorded);
    await until("they arrive", () => arrived().length > 0);
    const files = readdirSync(source.stateDir, { recursive: true, encoding: "utf8" }).filter((name) =>
      name.startsWith("spools/"),
    );
    const onDisk = files.flatMap((name) => {
      try {
        return [readFileSync(join(source.stateDir, name), "latin1")];
      } catch {
        return [];
      }
    });
    return { arrived: arrived(), all: JSON.stringify(arrived()) + onDisk.join() };
  }

  it("with `hmac` are keys, names and properties; what was served and done can still be joined", async () => {
    const { arrived, all } = await shown({ user: "hmac", salt: "canary-salt" });
    for (const text of everything) expect(all).not.toContain(text);
    expect(all).not.toContain("canary-salt");
    const [first, second, third] = arrived.map(({ user }) => user.keyId);
    expect(first).toMatch(/^[0-9a-f]{32}$/);
    expect(second).toBe(first);
    expect(third).not.toBe(first);
    expect(arrived.map(({ variations, metrics }) => [variations, metrics])).toEqual(
      recorded.map(({ variations, metrics }) => [variations, metrics]),
    );
  });

  it("with `drop` is everybody, and what somebody did", async () => {
    const { arrived, all } = await shown({ user: "drop" });
    for (const text of everything) expect(all).not.toContain(text);
    expect(arrived.map(({ user, metrics }) => [user.keyId, metrics])).toEqual([
      ["anonymous", undefined],
      ["anonymous", undefined],
    ]);
  });

  it("are properties that are not allowed", async () => {
    const { arrived } = await shown({ keep: ["country"] });
    expect(arrived[0]?.user).toEqual({
      keyId: "ada",
      name: "",
      customizedProperties: [{ name: "country", value: "fr" }],
    });
  });
});
