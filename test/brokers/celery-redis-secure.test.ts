import { beforeAll, describe, expect, it } from "vitest";
import { celery } from "../../src/agents/celery/index.ts";
import type { AgentKind } from "../../src/core/agent.ts";
import { CeleryApp, hasCelery } from "../tools/celery.ts";
import { type Certificates, makeCertificates } from "../tools/certificates.ts";
import { outriderOf } from "../tools/in-process.ts";
import { LeekStandIn } from "../tools/leek-api.ts";
import { describeIf, describeWith } from "../tools/needs.ts";
import { freePort } from "../tools/ports.ts";
import { RedisServer, startSentinel } from "../tools/redis.ts";
import { Tidy } from "../tools/tidy.ts";
import { until } from "../tools/until.ts";

const forAll = new Tidy("all");
const tidy = new Tidy();
let ours: Certificates;
let foreign: Certificates;
beforeAll(async () => {
  [ours, foreign] = [await makeCertificates(forAll), await makeCertificates(forAll)];
});

/** An agent between a Redis and a stand-in for Leek. @param redis what stands below `redis` */
async function carrying(redis: object) {
  const leek = await LeekStandIn.start(tidy);
  const agent = {
    kind: "celery",
    from: { redis },
    to: { leek: { url: leek.url, app: "leek", key: "app-KEY" } },
    batch: { window: "100ms" },
    retry: { first: "100ms", max: "300ms" },
  };
  // JSON is YAML as well.
  const text = `agents: ${JSON.stringify({ leek: agent })}\n`;
  const made = await outriderOf(tidy, text, [celery] as unknown as AgentKind[]);
  await made.outrider.start();
  const link = () => made.outrider.status("leek").parts.find(({ name }) => name === "link");
  const problem = () => until("it is refused", () => link()?.problem);
  return { ...made, leek, link, problem };
}

/** A Redis that speaks TLS beside plain text. @param more of its command line */
async function secured(...more: readonly string[]) {
  const port = await freePort();
  const files = ["--tls-cert-file", ours.server.cert, "--tls-key-file", ours.server.key];
  const words = ["--tls-port", String(port), ...files, "--tls-ca-cert-file", ours.ca, ...more];
  const redis = await RedisServer.start(tidy, { more: words });
  return { redis, port, url: `rediss://127.0.0.1:${port}/0` };
}

const trusted = () => ({ ca: ours.ca, cert: ours.client.cert, key: ours.client.key });

/** Publishes until it has arrived: an agent that is up may not listen yet. */
async function arrives({ redis, user }: { redis: RedisServer; user?: string }, leek: LeekStandIn) {
  const client = await redis.client(tidy);
  if (user) await client.command("AUTH", ...user.split(" "));
  await until("it listens", async () => Number(await client.command("PUBSUB", "NUMPAT")) > 0);
  const event = {
    type: "task-started",
    uuid: "t",
    hostname: "w",
    timestamp: 1,
    utcoffset: 0,
    pid: 1,
    clock: 1,
  };
  const body = JSON.stringify(event);
  await client.command(
    "PUBLISH",
    "/0.celeryev/task.started",
    JSON.stringify({ body, "content-type": "application/json" }),
  );
  await until("it is posted", () => leek.stored.length === 1);
}

describeWith("redis-server")("celery from a Redis with certificates", () => {
  it("shows ours and checks its own, as the configuration has them", async () => {
    const { redis, url } = await secured("--tls-auth-clients", "yes");
    const { leek } = await carrying({ url, tls: trusted() });
    await arrives({ redis }, leek);
  });

  it("shows ours and checks its own, as Celery writes them into the URL", async () => {
    const { redis, url } = await secured("--tls-auth-clients", "yes");
    const { ca, cert, key } = trusted();
    const query = new URLSearchParams({ ssl_ca_certs: ca, ssl_certfile: cert, ssl_keyfile: key });
    const { leek } = await carrying({ url: `${url}?ssl_cert_reqs=CERT_REQUIRED&${query}` });
    await arrives({ redis }, leek);
  });

  it("refuses one that another authority has signed, and says what to do", async () => {
    const { redis, url } = await secured("--tls-auth-clients", "no");
    const { problem } = await carrying({ url, tls: { ca: foreign.ca } });
    expect(await problem()).toMatchObject({
      code: "connect_failed",
      message: expect.stringMatching(/UNABLE_TO_VERIFY|SELF_SIGNED/),
      remedy: expect.stringMatching(/authority/),
    });
    const { leek } = await carrying({ url, tls: { ca: foreign.ca, verify: false } });
    await arrives({ redis }, leek);
  });

  it("says that the server wants to see a certificate, and one of the right authority", async () => {
    const { url } = await secured("--tls-auth-clients", "yes");
    for (const tls of [{ ca: ours.ca }, { ...foreign.client, ca: ours.ca }]) {
      const { problem } = await carrying({ url, tls });
      expect(await problem()).toMatchObject({
        code: "connect_failed",
        remedy: expect.stringMatching(/certificate of ours/),
      });
    }
  });

  it("says which file is missing", async () => {
    const { problem } = await carrying({ url: "rediss://127.0.0.1:1/0", tls: { ca: "/nowhere/ca.pem" } });
    expect(await problem()).toMatchObject({
      code: "file_missing",
      message: expect.stringContaining("/nowhere/ca.pem"),
    });
  });

  describeIf(hasCelery, "Debian's python3-celery is not installed")("and a real Celery worker", () => {
    it("hears what the worker publishes there", { timeout: 60_000 }, async () => {
      const { redis, url } = await secured("--tls-auth-clients", "yes");
      const { leek } = await carrying({ url, tls: trusted() });
      const client = await redis.client(tidy);
      await until("it listens", async () => Number(await client.command("PUBSUB", "NUMPAT")) > 0);
      const { ca, cert, key } = trusted();
      const query = new URLSearchParams({ ssl_ca_certs: ca, ssl_certfile: cert, ssl_keyfile: key });
      const app = await CeleryApp.start(tidy, `${url}?ssl_cert_reqs=CERT_REQUIRED&${query}`);
      const id = await app.run("print(add.delay(4, 4).id)");
      await until("the task has succeeded", () => leek.states().get(id)?.at(-1) === "SUCCEEDED");
      await app.stop();
    });
  });
});

describeWith("redis-server")("celery from sentinels with logins", () => {
  const acl = ["--user", "monitor", "on", ">right", "~*", "&*", "+@all", "--requirepass", "admin"];
  const withUser = ["user default off", "user watcher on >sentinel allchannels +@all"];

  async function watched(master: { redis: RedisServer; port: number }, ...lines: string[]) {
    return startSentinel(
      tidy,
      `sentinel monitor mymaster 127.0.0.1 ${master.port} 1`,
      "sentinel auth-user mymaster monitor",
      "sentinel auth-pass mymaster right",
      ...lines,
    );
  }

  it("tells sentinels their own password, and the master its user's", async () => {
    const redis = await RedisServer.start(tidy, { more: acl });
    const port = await watched({ redis, port: redis.port }, "requirepass sentinel");
    const url = `sentinel://monitor:right@127.0.0.1:${port}/0`;
    const { leek, lines } = await carrying({ url, master_name: "mymaster", sentinel_password: "sentinel" });
    await arrives({ redis, user: "admin" }, leek);
    expect(JSON.stringify(lines)).not.toMatch(/right|"sentinel"/);
  });

  it("tells sentinels their own user", async () => {
    const redis = await RedisServer.start(tidy, { more: acl });
    const port = await watched({ redis, port: redis.port }, ...withUser);
    const from = { url: `sentinel://monitor:right@127.0.0.1:${port}/0`, master_name: "mymaster" };
    const { leek } = await carrying({ ...from, sentinel_user: "watcher", sentinel_password: "sentinel" });
    await arrives({ redis, user: "admin" }, leek);
  });

  describe("says who refused us", () => {
    it.each([
      ["the sentinel", { sentinel_password: "wrong" }, "right", "sentinel"],
      ["the sentinel, without a password", {}, "right", "sentinel"],
      ["the master", { sentinel_password: "sentinel" }, "wrong", "master"],
    ] as const)("%s", async (_, more, password, who) => {
      const redis = await RedisServer.start(tidy, { more: acl });
      const port = await watched({ redis, port: redis.port }, "requirepass sentinel");
      const url = `sentinel://monitor:${password}@127.0.0.1:${port}/0`;
      const { problem } = await carrying({ url, master_name: "mymaster", ...more });
      expect(await problem()).toMatchObject({
        code: "credentials_refused",
        message: expect.stringContaining(`:${who === "master" ? redis.port : port}`),
      });
    });
  });

  it("speaks TLS with both, if it is told to", { timeout: 60_000 }, async () => {
    const master = await secured("--tls-auth-clients", "yes", "--tls-replication", "yes", ...acl);
    const tlsPort = await freePort();
    await watched(
      master,
      `tls-port ${tlsPort}`,
      `tls-cert-file ${ours.server.cert}`,
      `tls-key-file ${ours.server.key}`,
      `tls-ca-cert-file ${ours.ca}`,
      "tls-replication yes",
      "requirepass sentinel",
    );
    const url = `sentinel://monitor:right@127.0.0.1:${tlsPort}/0`;
    const how = { master_name: "mymaster", sentinel_password: "sentinel", tls: trusted() };
    const { leek } = await carrying({ url, ...how });
    await arrives({ redis: master.redis, user: "admin" }, leek);
  });

  it("speaks TLS with the master alone, where sentinels are plain", { timeout: 60_000 }, async () => {
    const master = await secured("--tls-auth-clients", "yes", ...acl);
    const port = await watched(master, "requirepass sentinel");
    const url = `sentinel://monitor:right@127.0.0.1:${port}/0`;
    const how = { master_name: "mymaster", sentinel_password: "sentinel", sentinel_tls: false };
    const { leek } = await carrying({ url, ...how, tls: trusted() });
    await arrives({ redis: master.redis, user: "admin" }, leek);
  });
});
