import { readFileSync, renameSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { environments, fixture, PROD, plainFlag, secrets } from "../../tools/featbit-data.ts";
import { folder } from "../../tools/folder.ts";
import { followingRelay, relayOf } from "../../tools/relay.ts";
import { SdkClient } from "../../tools/sdk-client.ts";
import { Tidy } from "../../tools/tidy.ts";
import { until } from "../../tools/until.ts";

const tidy = new Tidy();

const dump = fixture("rp-bootstrap");
const post = (body: unknown) => ({ method: "POST", body: JSON.stringify(body) });

describe("a dump that is posted, as the FeatBit server does it", () => {
  it("is served at once, and answered with what it serves", async () => {
    const { url, admin, status } = await relayOf(tidy, { from: { push: {} } });
    const answer = await admin("bootstrap", post(dump));
    expect([answer.status, await answer.json()]).toEqual([
      200,
      { serves: "webshop:prod,webshop:dev", dataVersion: 1_772_787_600_046 },
    ]);
    expect(status().syncState).toBe("None");
    const sdk = await SdkClient.open(tidy, url, { secret: secrets.prod.server });
    expect(await sdk.sync(0)).toEqual(fixture("server-data-sync-full"));
    expect((await fetch(`${url}/health/readiness`)).status).toBe(200);
  });

  it("replaces everything: SDKs get it in full, older flags included, and who is not in it goes", async () => {
    const { url, admin } = await relayOf(tidy, { from: { push: {} } });
    await admin("bootstrap", post(dump));
    const prod = await SdkClient.open(tidy, url, { secret: secrets.prod.server });
    const dev = await SdkClient.open(tidy, url, { secret: secrets.dev.server });
    await Promise.all([prod.sync(0), dev.sync(0)]);
    const [first] = environments();
    await admin(
      "bootstrap",
      post({ items: [{ ...first, featureFlags: [plainFlag("old", { at: 1_000 })] }] }),
    );
    const { data } = await prod.next("data-sync", 1);
    expect([data.eventType, data.featureFlags.map(({ key }) => key)]).toEqual(["full", ["old"]]);
    expect((await dev.ended()).code).toBe(4003);
    expect(await (await admin("status")).json()).toMatchObject({ serves: "webshop:prod" });
  });

  it.each([
    [
      "$.items[0].featureFlags[1].updatedAt is no time",
      {
        items: [
          { ...environments()[0], featureFlags: [plainFlag("a"), { ...plainFlag("b"), updatedAt: "x" }] },
        ],
      },
    ],
    ["$.items[0].envId is no GUID", { items: [{ envId: "x", featureFlags: [], segments: [] }] }],
    ["$.items[0].segments is no array", { items: [{ envId: PROD, featureFlags: [] }] }],
    ["$.items is no array", {}],
    ["$ is an array, which is how servers before 5.1 push", []],
  ])("with a mistake is refused by its place, and nothing changes: %s", async (message, body) => {
    const { admin, status } = await relayOf(tidy, { from: { push: {} } });
    await admin("bootstrap", post(dump));
    const before = status().environments;
    const answer = await admin("bootstrap", post(body));
    expect(answer.status).toBe(400);
    expect(((await answer.json()) as { detail: string }).detail).toContain(message);
    expect(status().environments).toEqual(before);
  });

  it("may be a patch, for scripts", async () => {
    const { url, admin } = await relayOf(tidy, { from: { push: {} } });
    await admin("bootstrap", post(dump));
    const sdk = await SdkClient.open(tidy, url, { secret: secrets.prod.server });
    await sdk.sync(0);
    await admin("patch", post({ items: [{ envId: PROD, featureFlags: [plainFlag("more")], segments: [] }] }));
    expect((await sdk.next("data-sync", 1)).data).toMatchObject({
      eventType: "patch",
      featureFlags: [{ key: "more" }],
    });
    const unknown = { envId: "33333333-3333-4333-8333-333333333333", featureFlags: [], segments: [] };
    expect((await admin("patch", post({ items: [unknown] }))).status).toBe(400);
  });

  it("is taken from nobody without the key, under either spelling of the path", async () => {
    const { url } = await relayOf(tidy, { from: { push: {} } });
    for (const path of ["/api/public/proxy/bootstrap", "/api/proxy/bootstrap"]) {
      const answer = await fetch(url + path, { ...post(dump), headers: { authorization: "wrong" } });
      expect(answer.status).toBe(401);
      const right = await fetch(url + path, { ...post(dump), headers: { authorization: "canary-admin" } });
      expect(right.status).toBe(200);
    }
  });

  it("can be had back, and posted to another agent", async () => {
    const one = await followingRelay(tidy);
    const other = await relayOf(tidy, { from: { push: {} } });
    const backup = await (await one.admin("backup")).text();
    expect(JSON.parse(backup)).toEqual(dump);
    expect((await other.admin("bootstrap", { method: "POST", body: backup })).status).toBe(200);
    expect(other.status().environments).toEqual(one.status().environments);
  });
});

describe("a file", () => {
  it("is served, and again after each change, without a server and without a key", async () => {
    const path = join(await folder(tidy), "dump.json");
    writeFileSync(path, JSON.stringify(dump));
    const { url, status } = await relayOf(tidy, { from: { file: path } });
    await until("it is served", () => status().environments.length === 2);
    const sdk = await SdkClient.open(tidy, url, { secret: secrets.prod.server });
    expect(await sdk.sync(0)).toEqual(fixture("server-data-sync-full"));
    const [first, second] = environments();
    const next = { items: [{ ...first, featureFlags: [plainFlag("new")] }, second] };
    writeFileSync(`${path}.new`, JSON.stringify(next));
    renameSync(`${path}.new`, path);
    const { data } = await sdk.next("data-sync", 1);
    expect([data.eventType, data.featureFlags.map(({ key }) => key)]).toEqual(["full", ["new"]]);
  });

  it("with a mistake is refused, by its place, and what was served goes on", async () => {
    const path = join(await folder(tidy), "dump.json");
    writeFileSync(path, JSON.stringify(dump));
    const { status, outrider } = await relayOf(tidy, { from: { file: path } });
    await until("it is served", () => status().environments.length === 2);
    writeFileSync(path, '{"items":[{}]}');
    const problem = await until(
      "it is said",
      () =>
        outrider.status("flags").parts.find(({ name, problem }) => name === "contents" && problem)?.problem,
    );
    expect(problem.message).toContain(`${path}: $.items[0].envId is no GUID`);
    expect(status().environments).toHaveLength(2);
    expect(outrider.status("flags").standing).toBe("degraded");
  });
});

describe("a backup", () => {
  it("is written after every change, for its owner alone, and is what a start without a server serves", async () => {
    const path = join(await folder(tidy), "deep", "backup.json");
    const { server, status, outrider } = await followingRelay(tidy, { backup: path });
    await until("it is written", () => statSync(path));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    server.change({ flag: plainFlag("kept") });
    await until("the change is written", () => readFileSync(path, "utf8").includes('"kept"'));
    const written = JSON.parse(readFileSync(path, "utf8")) as object;
    expect(written).toMatchObject({
      format: 1,
      agentId: "eu-1",
      eventType: "rp_full",
      sha256: expect.any(String),
    });
    const before = status().environments;
    await outrider.close();
    await server.stop();
    // Another folder for the state: nothing but the backup knows anything.
    const second = await relayOf(tidy, {
      from: { featbit: { url: server.url, key: server.key, agent: "eu-2" } },
      backup: path,
    });
    await until("it serves", () => second.status().environments.length === 2);
    expect(second.status().environments).toEqual(before);
  });

  it("that is torn is passed over for the generation before", async () => {
    const path = join(await folder(tidy), "backup.json");
    const { server, outrider } = await followingRelay(tidy, { backup: { path, keep: 2 } });
    await until("it is written", () => statSync(path));
    server.change({ flag: plainFlag("second") });
    await until("there are two", () => statSync(`${path}.1`));
    await outrider.close();
    await server.stop();
    truncateSync(path, 1_000);
    const { status } = await relayOf(tidy, { from: { push: {} }, backup: path });
    await until("it serves the older one", () => status().environments[0]?.flags === 4);
  });

  it("may be posted to any agent", async () => {
    const path = join(await folder(tidy), "backup.json");
    await followingRelay(tidy, { backup: path });
    await until("it is written", () => statSync(path));
    const { admin, status } = await relayOf(tidy, { from: { push: {} } });
    await admin("bootstrap", { method: "POST", body: readFileSync(path) });
    expect(status().serves).toBe("webshop:prod,webshop:dev");
  });
});
