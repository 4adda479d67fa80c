import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Backend } from "../tools/backend.ts";
import { folder } from "../tools/folder.ts";
import { describeIf, describeWith, mayMount } from "../tools/needs.ts";
import { startOutrider } from "../tools/outrider.ts";
import { backend, broker, publisher, queue, queueScene } from "../tools/queue-scene.ts";
import { bodyOf, expectAll, idsUpTo, queueHolds } from "../tools/queue-stage.ts";
import { rabbitMq } from "../tools/rabbitmq.ts";
import { seeded } from "../tools/seeded.ts";
import { Tidy } from "../tools/tidy.ts";
import { until } from "../tools/until.ts";

const PREFETCH = 20;
const tidy = new Tidy();

describeWith(rabbitMq)("events under load, when our own process ends", () => {
  queueScene(tidy);

  const start = (stateDir: string) => {
    const amqp = { url: broker.url(), queue, prefetch: PREFETCH };
    const orders = { kind: "queue", from: { amqp }, to: [{ http: { url: backend.url } }], workers: 10 };
    return startOutrider(tidy, { stateDir, config: { admin: false, agents: { orders } } });
  };
  /** Ids that were set aside, each line one. */
  const aside = (stateDir: string) => {
    const file = join(stateDir, "files", "orders", "rejected.ndjson");
    const lines = existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
    return lines.map((line) => JSON.parse(JSON.parse(line).body).id as number);
  };
  const ready = async () => {
    await until("the broker has noticed", async () => (await broker.queue(queue)).unacked === 0);
    return (await broker.queue(queue)).ready;
  };

  it("by kill -9 at random points: each is delivered or set aside, and none was acknowledged before", async () => {
    const random = seeded();
    const stateDir = await folder(tidy);
    const ids = idsUpTo(800);
    backend.mood = async ({ ids: [id = 0] }) => {
      await new Promise((resolve) => setTimeout(resolve, random() * 20));
      return id % 10 === 0 ? 422 : 200;
    };
    await (await publisher.channel()).assertQueue(queue, { durable: true });
    await publisher.put(queue, ids);
    const kills = 3;
    for (let kill = 1; kill <= kills; kill++) {
      const outrider = await start(stateDir);
      await backend.called(backend.calls.length + 20 + Math.floor(random() * 150));
      outrider.signal("SIGKILL");
      await outrider.ended;
      const settled = new Set([...backend.taken.keys(), ...aside(stateDir)]).size;
      expect(ids.length - (await ready())).toBeLessThanOrEqual(settled);
    }
    const last = await start(stateDir);
    await queueHolds(broker, queue, { ready: 0, unacked: 0 });
    expect((await last.stop()).status).toBe(0);
    const kept = aside(stateDir);
    const arrived = new Map(backend.taken);
    for (const id of kept) arrived.set(id, (arrived.get(id) ?? 0) + 1);
    expect([...new Set(kept)].toSorted((a, b) => a - b)).toEqual(ids.filter((id) => id % 10 === 0));
    expect(expectAll(ids, arrived)).toBeLessThanOrEqual(kills * PREFETCH);
  });

  it("by SIGTERM: what is in flight is finished, nothing is lost, nothing comes twice", async () => {
    const stateDir = await folder(tidy);
    const ids = idsUpTo(400);
    backend.mood = () => new Promise((resolve) => setTimeout(() => resolve(200), 20));
    await (await publisher.channel()).assertQueue(queue, { durable: true });
    await publisher.put(queue, ids);
    const first = await start(stateDir);
    await backend.took(100);
    expect((await first.stop()).status).toBe(0);
    expect((await ready()) + backend.taken.size).toBe(ids.length);
    const second = await start(stateDir);
    await backend.took(ids.length);
    expect((await second.stop()).status).toBe(0);
    expect(expectAll(ids, backend.taken)).toBe(0);
  });

  it("by SIGTERM while events wait for their next try: it does not wait for them, and they go back", async () => {
    backend.mood = { status: 429, headers: { "retry-after": "600" } };
    await (await publisher.channel()).assertQueue(queue, { durable: true });
    await publisher.put(queue, idsUpTo(15));
    const outrider = await start(await folder(tidy));
    await backend.called(15);
    const began = performance.now();
    expect((await outrider.stop()).status).toBe(0);
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(await ready()).toBe(15);
  });
});

describeIf(mayMount(), "this user may not mount a file system")(
  "the disk of an inbox's spool is full",
  () => {
    it("new events are refused with 503, none that was accepted is lost, and others are not affected", async () => {
      const backend = await Backend.start(tidy);
      const stateDir = await folder(tidy);
      chmodSync(stateDir, 0o755);
      await backend.leave();
      // The mount lives in the child's own namespace, and ends with it.
      const script = `mount -t tmpfs -o size=512k tmpfs ${stateDir}; exec "$@"`;
      const shell = `exec unshare --mount sh -c '${script.replaceAll("'", `'"'"'`)}' sh "$@"`;
      const retry = { first: "20ms", max: "100ms", times: 10_000 };
      const inbox = (answer: string, to: string) => ({
        kind: "queue",
        listen: "127.0.0.1:0",
        from: { inbox: { answer } },
        to: [{ http: { url: to } }],
        retry,
      });
      const good = await Backend.start(tidy);
      const agents = { orders: inbox("accepted", backend.url), other: inbox("delivered", good.url) };
      const outrider = await startOutrider(tidy, { stateDir, shell, config: { admin: false, agents } });
      const post = async (id: number, agent = "orders") => {
        const line = await outrider.line(
          (each) => each.msg === "events may be posted" && each["agent"] === agent,
        );
        const body = bodyOf(id, { more: "x".repeat(2_000) });
        return (await fetch(`http://${String(line["address"])}/`, { method: "POST", body })).status;
      };
      const accepted: number[] = [];
      let status = 202;
      for (let id = 1; status === 202; id++) {
        status = await post(id);
        if (status === 202) accepted.push(id);
      }
      expect([status, accepted.length > 50]).toEqual([503, true]);
      await outrider.line(({ msg, code }) => msg === "part is down" && code === "state_unwritable");
      expect(await post(10_001)).toBe(503);
      expect(await post(10_002, "other")).toBe(200);
      fill(`/proc/${outrider.pid}/root${stateDir}`);
      await backend.comeBack();
      await backend.took(accepted.length);
      rmSync(`/proc/${outrider.pid}/root${stateDir}/rest`, { force: true });
      await until("there is room again", async () => (await post(10_003)) === 202);
      await backend.took(accepted.length + 1);
      expect(expectAll([...accepted, 10_003], backend.taken)).toBe(0);
      expect((await outrider.stop()).status).toBe(0);
    });
  },
);

/** Leaves not a byte free. */
function fill(disk: string): void {
  try {
    execFileSync("sh", ["-c", `cat /dev/zero > ${join(disk, "rest")}`], { stdio: "ignore" });
  } catch {
    // That is how it ends.
  }
}
