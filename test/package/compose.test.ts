import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { askAgentCheck } from "../../src/wire/agent-check.ts";
import { composeOf, mountOf } from "../tools/compose.ts";
import { folder } from "../tools/folder.ts";
import { describeIf, describeWith, find } from "../tools/needs.ts";
import { runOutrider, startOutrider } from "../tools/outrider.ts";
import { freePort } from "../tools/ports.ts";
import { startProgram } from "../tools/program.ts";
import { Publisher } from "../tools/queue-stage.ts";
import { rabbitMq, startRabbitMq } from "../tools/rabbitmq.ts";
import { RedisServer } from "../tools/redis.ts";
import { Tidy } from "../tools/tidy.ts";
import { until } from "../tools/until.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const FRONT = join(ROOT, "deploy", "compose", "front");
const BACK = join(ROOT, "deploy", "compose", "back");
const HAPROXY = join(ROOT, "deploy", "compose", "haproxy.cfg");
const tidy = new Tidy();
const { services, volumes } = composeOf(join(ROOT, "compose.yaml"));
const ours = Object.values(services).filter(({ build }) => build !== undefined);

describe("compose.yaml", () => {
  it("has RabbitMQ, Redis, HAProxy and two Outriders, each with a health that others wait for", () => {
    expect(Object.keys(services).toSorted()).toEqual(["back", "front", "haproxy", "rabbitmq", "redis"]);
    for (const { depends_on } of Object.values(services)) {
      for (const name of Object.keys(depends_on)) {
        const { build, healthcheck } = services[name]!;
        expect([name, build ?? healthcheck]).not.toEqual([name, undefined]);
      }
    }
  });

  it("mounts what there is, and what is configured only to be read", () => {
    for (const { source, mode } of Object.values(services).flatMap((each) => each.volumes.map(mountOf))) {
      if (!source.startsWith("./")) expect(Object.keys(volumes)).toContain(source);
      else expect([source, existsSync(join(ROOT, source)), mode]).toEqual([source, true, "ro"]);
    }
  });

  it("gives Outrider no right that it does not need, a place for its state, and time to drain", () => {
    expect(ours).toHaveLength(2);
    for (const each of ours) {
      expect(each).toMatchObject({
        read_only: true,
        cap_drop: ["ALL"],
        security_opt: ["no-new-privileges:true"],
        tmpfs: ["/tmp"],
      });
      expect(each.volumes.map(mountOf).map(({ target }) => target)).toContain("/var/lib/outrider");
      expect(Number.parseInt(each.stop_grace_period!, 10)).toBeGreaterThan(30);
    }
  });

  it("opens to others only what visitors ask", () => {
    const published = Object.values(services).flatMap(({ ports }) => ports);
    expect(published.filter((port) => !port.startsWith("127.0.0.1:"))).toEqual(["8000:8000"]);
  });

  it.each([
    ["front", FRONT],
    ["back", BACK],
  ])("%s has a configuration that Outrider takes", async (name, path) => {
    const env = { STATE_DIRECTORY: "/var/lib/outrider", ...services[name]!.environment };
    const checked = await runOutrider(tidy, { env, args: ["check", path] });
    expect(checked.stderr).toBe("");
    expect(checked.stdout).toContain("is fine");
    // Whatever it asks for is given, and nothing is given that it does not ask for.
    const asked = readFileSync(join(path, "outrider.yaml"), "utf8").matchAll(/\$\{(\w+)/g);
    expect(Object.keys(env)).toEqual(expect.arrayContaining([...asked].map(([, variable]) => variable!)));
  });
});

/** What compose gives HAProxy, with its neighbour on this machine. */
const haproxyEnv = { ...services["haproxy"]!.environment, FRONT: "127.0.0.1" };

describeWith("haproxy")("HAProxy's configuration", () => {
  it("is one that HAProxy takes without a word", () => {
    const check = () =>
      execFileSync(find("haproxy")!, ["-c", "-q", "-f", HAPROXY], { env: haproxyEnv, encoding: "utf8" });
    expect(check()).toBe("");
  });
});

const brokers = [rabbitMq, "redis-server", "haproxy"];
const there = brokers.every((program) => find(program) !== undefined);
describeIf(there, `not all of ${brokers.join(", ")} are installed`)("the same, played on loopback", () => {
  it("an event in RabbitMQ takes the server out of HAProxy's rotation; a task's events in Redis become a document", {
    timeout: 60_000,
  }, async () => {
    const [broker, redis] = await Promise.all([startRabbitMq(tidy), RedisServer.start(tidy)]);
    const at: Record<string, number> = {};
    for (const name of ["admin", "http", "check", "flags", "back", "bind"]) at[name] = await freePort();
    const listen = (name: string) => `127.0.0.1:${at[name]}`;
    const token = { OUTRIDER_TOKEN: "a-token-of-the-test" };
    const front = await startOutrider(tidy, {
      args: ["run", FRONT],
      env: {
        ...token,
        CONFIG: FRONT,
        ADMIN: listen("admin"),
        HTTP: listen("http"),
        CHECK: listen("check"),
        FLAGS: listen("flags"),
      },
    });
    const state = await folder(tidy);
    const back = await startOutrider(tidy, {
      args: ["run", BACK],
      stateDir: state,
      env: {
        ...token,
        ADMIN: listen("back"),
        FRONT: `http://${listen("admin")}`,
        RABBITMQ: broker.url(),
        REDIS: `${redis.url}/0`,
      },
    });
    const env = {
      ...haproxyEnv,
      BIND: listen("bind"),
      FRONT_HTTP: String(at["http"]),
      FRONT_CHECK: String(at["check"]),
    };
    await front.says("every required agent is ready");
    const asked = async () => fetch(`http://${listen("bind")}/old`, { redirect: "manual" });
    await startProgram(tidy, "haproxy", {
      args: ["-db", "-f", HAPROXY],
      env,
      up: async () => (await asked()).status === 301,
    });
    await back.says("every required agent is ready");

    await until("the one behind has reported to the one in front", async () => {
      const headers = { authorization: `Bearer ${token.OUTRIDER_TOKEN}` };
      const fleet = await fetch(`http://${listen("admin")}/api/fleet`, { headers });
      return (await fleet.text()).includes('"back"');
    });

    const client = await redis.client(tidy);
    await until("it listens", async () => (await client.command("PUBSUB", "NUMPAT")) === 1);
    await client.command("PUBLISH", "/0.celeryev/task.started", taskStarted("task-of-the-test"));
    const documents = join(state, "documents.ndjson");
    await until("the task is written", () => readFileSync(documents, "utf8").includes("task-of-the-test"));

    await new Publisher(tidy, broker).send("maintenance", "web-1", [1], { reason: "deploy" });
    await until("the server drains", async () => (await askAgentCheck(listen("check"))).includes("drain"));
    await until("HAProxy asks it no more", async () => (await asked()).status === 503);
  });
});

/** What a Celery worker publishes when it begins a task. */
function taskStarted(uuid: string): string {
  const event = { type: "task-started", uuid, hostname: "worker@host", timestamp: 1_700_000_000, clock: 1 };
  return JSON.stringify({
    body: Buffer.from(JSON.stringify({ ...event, utcoffset: 0, pid: 7 })).toString("base64"),
    "content-type": "application/json",
    properties: { body_encoding: "base64", delivery_tag: "1" },
  });
}
