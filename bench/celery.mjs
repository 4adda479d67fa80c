// Events per second from RabbitMQ and from Redis to Leek, one event a message, the receiver on the same two cores; the
// cost of an event beside a loop that only decodes; and 120,000 events published on Redis in about ten seconds.
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createClient } from "redis";
import { channel, rabbitMq } from "./broker.mjs";
import { celeryEvent } from "./celery-event.mjs";
import { folder, freePort, root, start, stop } from "./tools.mjs";

const EVENTS = Number(process.argv[2] ?? 60_000);
const BOTH = "0,1";
const dir = folder();
let runs = 0;

async function receiver() {
  const port = await freePort();
  const child = await start(
    BOTH,
    process.execPath,
    [join(root, "bench/leek.mjs"), String(port)],
    /listening/,
  );
  const stats = async () => (await fetch(`http://127.0.0.1:${port}/stats`)).json();
  return { url: `http://127.0.0.1:${port}`, child, stats };
}

function outrider(from, leek) {
  const file = join(dir, `outrider-${++runs}.yaml`);
  writeFileSync(
    file,
    `admin: false\nstate: { dir: ${dir}/state-${runs} }\nlog: { format: json }\nagents:
  c: { kind: celery, from: ${from}, workers: 2, batch: { window: 1s },
       to: { leek: { url: "${leek}", app: leek, key: k } } }\n`,
  );
  return start(BOTH, process.execPath, [join(root, "dist/cli.js"), "run", file], /is running/);
}

function cpu({ pid }) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function arrived(leek, count) {
  for (;;) {
    const { events } = await leek.stats();
    if (events >= count) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function decodeOnly() {
  const bodies = Array.from({ length: EVENTS }, (_, i) => Buffer.from(celeryEvent(i)));
  const from = performance.now();
  let sum = 0;
  for (const body of bodies) sum += JSON.parse(body.toString("utf8")).clock;
  return ((performance.now() - from) * 1_000) / EVENTS + (sum < 0 ? 1 : 0);
}

function tell(name, count, seconds, micros) {
  const rate = Math.round(count / seconds).toLocaleString("en");
  console.log(`${name.padEnd(34)} ${rate.padStart(7)} events/s, ${micros.toFixed(1)} µs of CPU each`);
}

async function fromRabbit(url) {
  const leek = await receiver();
  const broker = await channel(url);
  await broker.assertExchange("celeryev", "topic", { durable: true });
  await broker.assertQueue("leek.fanout", { durable: true });
  await broker.bindQueue("leek.fanout", "celeryev", "#");
  for (let i = 0; i < EVENTS; i++) {
    if (
      !broker.publish("celeryev", "task.x", Buffer.from(celeryEvent(i)), { contentType: "application/json" })
    )
      await new Promise((resolve) => broker.once("drain", resolve));
  }
  await broker.waitForConfirms?.();
  const child = await outrider(`{ amqp: { url: "${url}" } }`, leek.url);
  await arrived(leek, 1_000);
  const [from, used, already] = [performance.now(), cpu(child), (await leek.stats()).events];
  await arrived(leek, EVENTS);
  const count = EVENTS - already;
  tell("RabbitMQ", count, (performance.now() - from) / 1_000, ((cpu(child) - used) * 1e6) / count);
  await stop(child);
  await stop(leek.child);
}

/** @param seconds over how many seconds they are published; 0 is as fast as it goes */
async function fromRedis(port, events, seconds, name) {
  const leek = await receiver();
  const child = await outrider(`{ redis: { url: "redis://127.0.0.1:${port}/0" } }`, leek.url);
  const client = await createClient({ socket: { port, host: "127.0.0.1" } }).connect();
  while ((await client.sendCommand(["PUBSUB", "NUMPAT"])) !== 1)
    await new Promise((resolve) => setTimeout(resolve, 20));
  const publisher = spawn(
    process.execPath,
    [join(root, "bench/redis-publisher.mjs"), port, events, seconds].map(String),
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  const said = createInterface({ input: publisher.stdout })[Symbol.asyncIterator]();
  await said.next();
  const [from, used] = [performance.now(), cpu(child)];
  publisher.stdin.write("go\n");
  const published = JSON.parse((await said.next()).value).seconds;
  await arrived(leek, events);
  const took = (performance.now() - from) / 1_000;
  const cut = /scheduled to be closed ASAP/.test(readFileSync(join(dir, "redis.log"), "utf8"));
  tell(name, events, took, ((cpu(child) - used) * 1e6) / events);
  console.log(
    `${"".padEnd(34)} published ${Math.round(events / published).toLocaleString("en")} events/s in ${published.toFixed(1)} s, all posted after ${took.toFixed(1)} s, ${cut ? "DISCONNECTED" : "no disconnect"}, keys: ${(await client.sendCommand(["KEYS", "*"])).length}`,
  );
  await client.close();
  await stop(child);
  await stop(leek.child);
}

console.log(`${"decoding alone".padEnd(34)} ${decodeOnly().toFixed(1).padStart(7)} µs each`);
await fromRabbit(await rabbitMq(BOTH));
const port = await freePort();
const words = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", dir];
await start(BOTH, "redis-server", [...words, "--logfile", join(dir, "redis.log")], undefined);
await fromRedis(port, EVENTS, 0, "Redis, as fast as it is published");
await fromRedis(port, 120_000, 9.5, "Redis, 120,000 in ten seconds");
process.exit();
