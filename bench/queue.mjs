// Events per second from RabbitMQ to one backend with 50 workers, and how long an event takes on its way; beside the
// least that a program on amqplib and undici can do.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { channel, fill, rabbitMq } from "./broker.mjs";
import { folder, freePort, median, root, start, stop } from "./tools.mjs";

const EVENTS = Number(process.argv[2] ?? 60_000);
const WARM = EVENTS / 3;
const ROUNDS = 5;
const BOTH = "0,1";
const dir = folder();
const url = await rabbitMq(BOTH);
const broker = await channel(url);
const port = await freePort();
const target = `http://127.0.0.1:${port}`;
await start(BOTH, process.execPath, [join(root, "bench/backend.mjs"), String(port)], /listening/);

const event = (i) => Buffer.from(JSON.stringify({ id: i, customer: `c-${i % 97}`, text: "x".repeat(150) }));
const stamped = (i) =>
  Buffer.from(
    JSON.stringify({ id: i, sent: Number(process.hrtime.bigint() / 1000n), text: "x".repeat(100) }),
  );

let runs = 0;

/** The ways to run a consumer of a queue. */
const consumers = {
  floor: (queue) =>
    start(BOTH, process.execPath, [join(root, "bench/floor.mjs"), url, queue, `${target}/in`], /consuming/),
  safe: (queue) => outrider(queue, ""),
  krakend: (queue) => outrider(queue, "profile: krakend, "),
};

function outrider(queue, profile) {
  const file = join(dir, `outrider-${++runs}.yaml`);
  writeFileSync(
    file,
    `admin: false\nstate: { dir: ${dir}/state-${runs} }\nlog: { format: json }\nagents:
  q: { kind: queue, ${profile}from: { amqp: { url: "${url}", queue: ${queue}, prefetch: 100 } }, workers: 50,
       to: [ { http: { url: "${target}", path: /in, method: POST } } ] }\n`,
  );
  return start(BOTH, process.execPath, [join(root, "dist/cli.js"), "run", file], /is running/);
}

async function backend(path) {
  const answer = await fetch(`${target}${path}`);
  const text = await answer.text();
  return text === "" ? undefined : JSON.parse(text);
}

/** Seconds of CPU that a process has used. */
function cpu({ pid }) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function arrived(count) {
  while ((await backend("/stats")).count < count) await new Promise((resolve) => setTimeout(resolve, 20));
}

async function throughput(consume) {
  const queue = `load-${++runs}`;
  await fill(broker, queue, EVENTS, event);
  await backend("/reset");
  const child = await consume(queue);
  // The first third warms it up.
  await arrived(WARM);
  const [from, used, already] = [performance.now(), cpu(child), (await backend("/stats")).count];
  await arrived(EVENTS);
  const seconds = (performance.now() - from) / 1_000;
  const spent = cpu(child) - used;
  await stop(child);
  return { rate: (EVENTS - already) / seconds, micros: (spent * 1e6) / (EVENTS - already) };
}

/** At a pace that leaves time to spare: 500 events a second, one by one. */
async function latency(consume) {
  const queue = `pace-${++runs}`;
  await broker.assertQueue(queue, { durable: true });
  const child = await consume(queue);
  const send = async (count) => {
    for (let i = 0; i < count; i++) {
      broker.sendToQueue(queue, stamped(i));
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  };
  await send(500);
  await backend("/reset");
  await send(3_000);
  await arrived(3_000);
  const { p50, p99 } = await backend("/stats");
  await stop(child);
  return { p50: p50 / 1_000, p99: p99 / 1_000 };
}

const results = Object.fromEntries(Object.keys(consumers).map((name) => [name, []]));
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, consume] of Object.entries(consumers)) results[name].push(await throughput(consume));
}
const rateOf = (name) => median(results[name].map(({ rate }) => rate));
for (const name of Object.keys(consumers)) {
  const micros = Math.round(median(results[name].map((result) => result.micros)));
  const share = (rateOf(name) / rateOf("floor")).toFixed(2);
  console.log(
    `${name.padEnd(10)} ${Math.round(rateOf(name)).toLocaleString("en").padStart(7)} events/s  ${share} of the floor, ${micros} µs of CPU each`,
  );
}
for (const [name, consume] of Object.entries(consumers)) {
  const { p50, p99 } = await latency(consume);
  console.log(
    `${name.padEnd(10)} from published to received: p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`,
  );
}
process.exit();
