// Memory while a million events pass through: resident after each tenth. It should be flat.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { channel, fill, rabbitMq } from "./broker.mjs";
import { folder, freePort, root, start, stop } from "./tools.mjs";

const EVENTS = Number(process.argv[2] ?? 1_000_000);
const dir = folder();
const url = await rabbitMq("0,1");
const broker = await channel(url);
const port = await freePort();
const target = `http://127.0.0.1:${port}`;
await start("0,1", process.execPath, [join(root, "bench/backend.mjs"), String(port)], /listening/);
const file = join(dir, "outrider.yaml");
writeFileSync(
  file,
  `admin: false\nstate: { dir: ${dir}/state }\nlog: { format: json }\nagents:
  q: { kind: queue, from: { amqp: { url: "${url}", queue: q, prefetch: 100 } }, workers: 50, to: [ { http: { url: "${target}" } } ] }\n`,
);
await broker.assertQueue("q", { durable: true });
const child = await start("0,1", process.execPath, [join(root, "dist/cli.js"), "run", file], /is running/);

async function arrived(count) {
  for (;;) {
    const answer = await fetch(`${target}/stats`);
    if ((await answer.json()).count >= count) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const tenth = EVENTS / 10;
for (let round = 1; round <= 10; round++) {
  await fill(broker, "q", tenth, (i) =>
    Buffer.from(`{"id":${round * tenth + i},"text":"${"x".repeat(150)}"}`),
  );
  await arrived(round * tenth);
  const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))[1]);
  console.log(
    `${(round * tenth).toLocaleString("en").padStart(9)} events: ${Math.round(kilobytes / 1_024)} MB`,
  );
}
await stop(child);
process.exit();
