import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { Backend } from "../tools/backend.ts";
import { folder } from "../tools/folder.ts";
import { describeWith } from "../tools/needs.ts";
import { startOutrider } from "../tools/outrider.ts";
import { freePort } from "../tools/ports.ts";
import { expectAll, idsUpTo, Publisher, peerAgent, queueHolds } from "../tools/queue-stage.ts";
import { rabbitMq, startRabbitMq } from "../tools/rabbitmq.ts";
import { Tidy } from "../tools/tidy.ts";
import { until } from "../tools/until.ts";

const tidy = new Tidy();
let backend: Backend;
beforeEach(async () => {
  backend = await Backend.start(tidy);
});

describeWith(rabbitMq)("a krakend.json as it is", () => {
  it("runs as a process, serves the health endpoint, and R8 finishes at SIGTERM what it holds", async () => {
    const broker = await startRabbitMq(tidy);
    const publisher = new Publisher(tidy, broker);
    const [home, port] = [await folder(tidy), await freePort()];
    const file = join(home, "krakend.json");
    const agent = peerAgent({ queue: "q", host: broker.url(), backend: backend.url });
    const document = { version: 3, listen_ip: "127.0.0.1", port, async_agent: [agent] };
    writeFileSync(file, JSON.stringify(document));
    const outrider = await startOutrider(tidy, { args: ["run", "--from", "krakend", file] });
    await until("it consumes", async () => (await broker.queue("q")).consumers === 1);
    const health = await (await fetch(`http://127.0.0.1:${port}/__health`)).json();
    expect(health).toMatchObject({ status: "ok", agents: { orders: expect.any(String) } });

    let answer = () => {};
    const answered = new Promise<number>((resolve) => (answer = () => resolve(200)));
    backend.mood = () => answered;
    await publisher.put("q", idsUpTo(5));
    await backend.called(2);
    outrider.signal("SIGTERM");
    await until("it takes no more", async () => (await broker.queue("q")).unacked === 5);
    answer();
    expect((await outrider.ended).status).toBe(0);
    const { ready } = await broker.queue("q");
    expect(ready + backend.taken.size).toBe(5);
    expect(Math.max(...backend.taken.values())).toBe(1);
    await queueHolds(broker, "q", { unacked: 0 });
  });
});

it("a replay that kill -9 has cut off goes on at the next start, and leaves nothing out", async () => {
  const stateDir = await folder(tidy);
  const place = join(stateDir, "files", "orders");
  const ids = idsUpTo(60);
  mkdirSync(place, { recursive: true });
  const lines = ids.map((id) => `${JSON.stringify({ body: `{"id":${id}}` })}\n`);
  writeFileSync(join(place, "rejected.ndjson"), lines.join(""));
  const orders = {
    kind: "queue",
    listen: "127.0.0.1:0",
    from: { inbox: {} },
    to: [{ http: { url: backend.url } }],
    workers: 2,
  };
  const config = { admin: { listen: "127.0.0.1:0" }, agents: { orders } };
  backend.mood = () => (backend.calls.length > 30 ? "stall" : 200);
  const first = await startOutrider(tidy, { stateDir, config });
  await first.api("/api/agents/orders/actions/replay", {});
  await backend.called(31);
  first.signal("SIGKILL");
  await first.ended;
  expect(existsSync(join(place, "rejected.ndjson"))).toBe(false);
  backend.mood = 200;
  await startOutrider(tidy, { stateDir, config });
  await backend.took(ids.length);
  await until("the file is gone", () => readdirSync(place).length === 0);
  expect(expectAll(ids, backend.taken)).toBeLessThanOrEqual(30);
});
