// What a queue agent costs when it does little: an event that can never succeed, in the share of a core it takes; and
// 1,000 idle agents on one RabbitMQ, in memory.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { channel, fill, rabbitMq } from "./broker.mjs";
import { folder, freePort, root, start, stop } from "./tools.mjs";

const dir = folder();
const url = await rabbitMq("0,1");
const broker = await channel(url);
const port = await freePort();
await start("0,1", process.execPath, [join(root, "bench/backend.mjs"), String(port), "500"], /listening/);

let runs = 0;

function outrider(agents) {
  const file = join(dir, `outrider-${++runs}.yaml`);
  writeFileSync(
    file,
    `admin: false\nstate: { dir: ${dir}/state-${runs} }\nlog: { format: json }\nagents:\n${agents.join("\n")}\n`,
  );
  return start(
    "0,1",
    process.execPath,
    [join(root, "dist/cli.js"), "run", file],
    /every required agent is ready/,
  );
}

function agent(name, more) {
  return `  ${name}: { kind: queue, ${more} from: { amqp: { url: "${url}", queue: ${name} } }, to: [ { http: { url: "http://127.0.0.1:${port}" } } ] }`;
}

/** Seconds of CPU that a process has used. */
function cpu({ pid }) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function megabytes({ pid }) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1_024;
}

/** When the start is over, in milliseconds: what it left behind is given back some seconds after it. */
const STARTED = 12_000;

const rest = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function share(name, poison) {
  await broker.assertQueue(name, { durable: true });
  if (poison) await fill(broker, name, 1, () => Buffer.from('{"poison":true}'));
  const child = await outrider([agent(name, "profile: krakend,")]);
  await rest(STARTED);
  const used = cpu(child);
  await rest(20_000);
  const percent = ((cpu(child) - used) / 20) * 100;
  await stop(child);
  return percent;
}

const idle = await share("idle", false);
const poison = await share("poison", true);
console.log(
  `an idle agent takes ${idle.toFixed(2)} % of a core, one with a poison event ${poison.toFixed(2)} %`,
);

const none = await outrider([agent("one", "")]);
await rest(STARTED);
const single = megabytes(none);
await stop(none);
const thousand = await outrider(Array.from({ length: 1_000 }, (_, i) => agent(`q-${i}`, "")));
// Of so many the start takes ten seconds more.
await rest(25_000);
console.log(
  `one idle agent: ${Math.round(single)} MB resident; 1,000: ${Math.round(megabytes(thousand))} MB`,
);
await stop(thousand);
process.exit();
