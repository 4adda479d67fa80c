import { describe, expect, it } from "vitest";
import { DEV, fixture, PROD, plainFlag, secrets } from "../../tools/featbit-data.ts";
import { followingRelay, relayOf } from "../../tools/relay.ts";
import { SdkClient } from "../../tools/sdk-client.ts";
import { Tidy } from "../../tools/tidy.ts";
import { until } from "../../tools/until.ts";

const tidy = new Tidy();

const SERVER = "/api/public/sdk/server/latest-all";
const CLIENT = "/api/public/sdk/client/latest-all";
const ada = fixture<{ data: { user: object } }>("client-data-sync-request").data.user;

function asker(url: string) {
  return (path: string, authorization: string, body?: unknown) =>
    fetch(url + path, {
      method: body === undefined ? "GET" : "POST",
      headers: { authorization, "content-type": "application/json" },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
}

describe("polling", () => {
  it("gives server SDKs what is recorded, and an empty body when nothing is new", async () => {
    const { url } = await followingRelay(tidy);
    const ask = asker(url);
    expect(await (await ask(SERVER, secrets.prod.server)).json()).toEqual(fixture("server-data-sync-full"));
    const nothingNew = await ask(`${SERVER}?timestamp=1772787600046`, secrets.prod.server);
    expect([nothingNew.status, await nothingNew.text()]).toEqual([200, ""]);
    const older = await ask(
      `/API//Public/sdk/server/latest-all/?Timestamp=1`,
      `Bearer ${secrets.prod.server}`,
    );
    expect(await older.json()).toMatchObject({ data: { eventType: "patch" } });
    expect((await ask(`${SERVER}?timestamp=x`, secrets.prod.server)).status).toBe(400);
  });

  it("gives client SDKs what is recorded, and says what is no user", async () => {
    const { url } = await followingRelay(tidy);
    const ask = asker(url);
    expect(await (await ask(CLIENT, secrets.prod.client, ada)).json()).toEqual(
      fixture("client-data-sync-full"),
    );
    const nobody = await ask(CLIENT, secrets.prod.client, { keyId: "" });
    expect([nobody.status, await nobody.text()]).toEqual([400, "invalid end user"]);
  });

  it("tells client SDKs of a segment's change", async () => {
    const { url, server, status } = await followingRelay(tidy);
    const ask = asker(url);
    const since = status().dataVersion;
    const segment = server.state.environments[0]!.segments[0]!;
    server.change({ segment: { ...segment, included: ["zoe"], updatedAt: new Date().toISOString() } });
    let told = "";
    while (told === "")
      told = await (await ask(`${CLIENT}?timestamp=${since}`, secrets.prod.client, { keyId: "zoe" })).text();
    expect(JSON.parse(told)).toMatchObject({
      data: { eventType: "patch", featureFlags: [{ id: "new-checkout", variation: "true" }] },
    });
  });

  it("counts how long evaluating takes, once for each answer, and only where flags are evaluated", async () => {
    const { url, outrider } = await followingRelay(tidy);
    const ask = asker(url);
    const count = async () => {
      const text = await outrider.metrics.text();
      return Number(/outrider_flags_evaluation_seconds_count\{.*\} (\d+)/.exec(text)?.[1] ?? 0);
    };
    await ask(SERVER, secrets.prod.server);
    expect(await count()).toBe(0);
    await ask(CLIENT, secrets.prod.client, ada);
    await ask("/api/public/featureflag/evaluate", secrets.prod.client, { user: ada });
    await ask("/ofrep/v1/evaluate/flags", secrets.prod.server, { context: { targetingKey: "ada" } });
    expect(await count()).toBe(3);
  });

  it("has no ETag, whatever is asked for", async () => {
    const { url } = await followingRelay(tidy);
    const ask = asker(url);
    const answers = [
      await ask(SERVER, secrets.prod.server),
      await ask(CLIENT, secrets.prod.client, ada),
      await ask("/api/public/featureflag/evaluate", secrets.prod.client, { user: ada }),
      await ask("/api/public/insight/track", secrets.prod.client, []),
    ];
    expect(answers.map(({ status, headers }) => [status, headers.get("etag")])).toEqual(
      answers.map(() => [200, null]),
    );
  });

  it("never lets a client secret read raw flags, nor anybody whose secret is not known", async () => {
    const { url } = await followingRelay(tidy);
    const ask = asker(url);
    const stranger = `${"x".repeat(22)}${secrets.prod.server.slice(22)}`;
    expect((await ask(SERVER, secrets.prod.client)).status).toBe(401);
    expect((await ask(SERVER, "")).status).toBe(401);
    expect((await ask(SERVER, stranger)).status).toBe(401);
    expect((await ask(CLIENT, stranger, ada)).status).toBe(401);
  });

  it("never ends a browser's polling for a passing condition: 200 without a body, after a while", async () => {
    const { url } = await relayOf(tidy, {
      from: { featbit: { url: "ws://127.0.0.1:9", key: "k", agent: "a" } },
    });
    const ask = asker(url);
    const [client, server] = await Promise.all([
      ask(CLIENT, secrets.prod.client, ada),
      ask(SERVER, secrets.prod.server),
    ]);
    expect([client.status, await client.text(), server.status]).toEqual([200, "", 503]);
  });
});

describe("metrics of streams", () => {
  it("count who is connected, who was turned away and why, and how long a push takes", async () => {
    const { url, server, outrider } = await followingRelay(tidy);
    const value = async (name: string, labels: Record<string, string> = {}) => {
      const lines = (await outrider.metrics.text()).split("\n").filter((line) => line.startsWith(`${name}{`));
      const wanted = Object.entries(labels).map(([label, text]) => `${label}="${text}"`);
      const found = lines.filter((line) => wanted.every((each) => line.includes(each)));
      return found.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
    };
    const connected = (type: string, environment = PROD) =>
      value("outrider_flags_connections", { type, environment });
    const [sdk, other] = [await open("server"), await open("server")];
    const browser = await open("client");
    await Promise.all([sdk.sync(0), other.sync(0), browser.sync(0, ada)]);
    expect([await connected("server"), await connected("client"), await connected("server", DEV)]).toEqual([
      2, 1, 0,
    ]);
    other.ws.close();
    await until("it is gone", async () => (await connected("server")) === 1);

    const stranger = await SdkClient.open(tidy, url, { secret: secrets.prod.server, token: "nonsense" });
    await stranger.ended();
    expect(await value("outrider_flags_turned_away_total", { reason: "invalid" })).toBe(1);
    expect(await value("outrider_flags_turned_away_total")).toBe(1);

    expect(await value("outrider_flags_push_seconds_count")).toBe(0);
    const pushes = await value("outrider_flags_pushes_total");
    const began = performance.now();
    server.change({ flag: plainFlag("fresh") });
    await Promise.all([sdk.next("data-sync", 1), browser.next("data-sync", 1)]);
    await until("it is counted", async () => (await value("outrider_flags_push_seconds_count")) === 1);
    const took = (performance.now() - began) / 1_000;
    expect(await value("outrider_flags_pushes_total")).toBe(pushes + 1);
    const sum = await value("outrider_flags_push_seconds_sum");
    expect(sum).toBeGreaterThan(0);
    expect(sum).toBeLessThanOrEqual(took);

    function open(type: "server" | "client") {
      return SdkClient.open(tidy, url, { secret: secrets.prod[type], type });
    }
  });
});

describe("evaluation for a server that asks", () => {
  it("answers chosen flags, by key, tag and time", async () => {
    const { url, server } = await followingRelay(tidy);
    server.change({ flag: { ...plainFlag("tagged"), tags: ["a", "b"] } });
    const ask = asker(url);
    const evaluated = async (filter?: object) => {
      const answer = await ask("/api/public/featureflag/evaluate", secrets.prod.server, {
        user: ada,
        filter,
      });
      return ((await answer.json()) as { key: string }[]).map(({ key }) => key);
    };
    while (!(await evaluated()).includes("tagged"));
    expect(await evaluated({ keys: ["new-checkout"] })).toEqual(["new-checkout"]);
    expect(await evaluated({ tags: ["a", "b"] })).toEqual(["tagged"]);
    expect(await evaluated({ tags: ["a", "z"] })).toEqual([]);
    expect(await evaluated({ tags: ["a", "z"], tagFilterMode: "or" })).toEqual(["tagged"]);
    expect(await evaluated({ timestamp: 1_772_787_600_046 })).toEqual(["tagged"]);
    const answer = await ask("/api/public/featureflag/evaluate", secrets.prod.client, {
      user: ada,
      filter: { keys: ["new-checkout"] },
    });
    expect(await answer.json()).toEqual([
      {
        key: "new-checkout",
        variation: {
          id: "6f0c9a10-1111-4a11-8a11-000000000001",
          type: "boolean",
          value: "true",
          matchReason: "Beta users",
          sendToExperiment: true,
        },
      },
    ]);
    const wrong = [{ user: {} }, { user: ada, filter: { tagFilterMode: "xor" } }].map(async (body) => {
      const refused = await ask("/api/public/featureflag/evaluate", secrets.prod.client, body);
      return [refused.status, await refused.text()];
    });
    expect(await Promise.all(wrong)).toEqual([
      [400, "A valid user is required."],
      [400, "Invalid tag filter mode: xor."],
    ]);
  });
});

it("a flag that cannot be used as it is is told of once, and fails alone", async () => {
  const { url, server, lines } = await followingRelay(tidy);
  const ask = asker(url);
  const condition = { id: "c", property: "name", op: "MatchRegex", value: "([" };
  const rule = {
    id: "r",
    name: "R",
    conditions: [condition],
    variations: [{ id: "v-on", rollout: [0, 1] as const }],
  };
  server.change({ flag: { ...plainFlag("bad-pattern"), rules: [rule] } });
  server.change({ flag: { ...plainFlag("odd"), targetUsers: [{ keyIds: 5, variationId: "x" }] } as never });
  const polled = async () => (await ask(CLIENT, secrets.prod.client, ada)).text();
  let told = await polled();
  while (!told.includes("bad-pattern") || !told.includes('"odd"')) told = await polled();
  await polled();
  expect(told).toContain('"id":"bad-pattern","variation":"on"');
  expect(told).toContain("new-checkout");
  const warned = lines.filter(({ message }) => message === "a flag cannot be used as it is");
  expect(warned.map(({ flag }) => flag).toSorted()).toEqual(["bad-pattern", "odd"]);
});

describe("browsers of other origins", () => {
  it("may ask, and their preflights need no secret", async () => {
    const { url } = await followingRelay(tidy);
    const answer = await fetch(url + CLIENT, {
      method: "OPTIONS",
      headers: {
        origin: "https://shop.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type",
      },
    });
    expect([answer.status, Object.fromEntries(answer.headers)]).toMatchObject([
      204,
      {
        "access-control-allow-origin": "*",
        "access-control-allow-methods": "POST",
        "access-control-allow-headers": "authorization,content-type",
        "access-control-max-age": "7200",
      },
    ]);
  });

  it("may be chosen", async () => {
    const { url } = await followingRelay(tidy, {
      cors: { origins: ["https://shop.example"], credentials: true },
    });
    const from = async (origin: string) =>
      (await fetch(`${url}/health/liveness`, { headers: { origin } })).headers.get(
        "access-control-allow-origin",
      );
    expect(await from("https://shop.example")).toBe("https://shop.example");
    expect(await from("https://other.example")).toBeNull();
  });
});

describe("health", () => {
  it("is alive at once, ready with data, degraded without the server, and not ready without data", async () => {
    const { url, server } = await followingRelay(tidy);
    const ready = async () => {
      const answer = await fetch(`${url}/health/readiness`);
      return [answer.status, await answer.text(), answer.headers.get("cache-control")];
    };
    const cache = "no-store, no-cache";
    expect(await ready()).toEqual([200, "Healthy", cache]);
    await server.stop();
    let now = await ready();
    while (now[1] === "Healthy") now = await ready();
    expect(now).toEqual([200, "Degraded", cache]);
    const { url: empty } = await relayOf(tidy, { from: { push: {} } });
    expect(await (await fetch(`${empty}//health/liveness`)).text()).toBe("Healthy");
    expect((await fetch(`${empty}/health/readiness`)).status).toBe(503);
  });
});

describe("nonsense", () => {
  it("gets an answer that says so, and no defect", async () => {
    const { url, lines, outrider } = await followingRelay(tidy);
    const ask = asker(url);
    expect((await ask("/nowhere", "")).status).toBe(404);
    expect((await ask(CLIENT, secrets.prod.client, "{")).status).toBe(400);
    expect((await ask(CLIENT, secrets.prod.client, "null")).status).toBe(400);
    expect((await ask("/api/public/featureflag/evaluate", secrets.prod.client, "null")).status).toBe(400);
    expect((await ask("/api/public/insight/track", secrets.prod.client, "{}")).status).toBe(400);
    const large = "x".repeat(6 * 2 ** 20);
    expect((await ask("/api/public/insight/track", secrets.prod.client, JSON.stringify(large))).status).toBe(
      413,
    );
    expect(lines.filter(({ level }) => level === "error")).toEqual([]);
    // Nor does what was refused keep us from leaving.
    const began = performance.now();
    await outrider.close();
    expect(performance.now() - began).toBeLessThan(10_000);
  });
});
