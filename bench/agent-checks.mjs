// Agent checks per second and their p99, alone and under 1,000 clients that connect and say nothing; beside a bare
// node:net responder.
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { folder, freePort, root, SERVER_CORE, start, stop } from "./tools.mjs";

const CHECKS = 5_000;
const AT_ONCE = 16;
const dir = folder();
const [ours, bare, keyed] = [await freePort(), await freePort(), await freePort()];

writeFileSync(join(dir, "state.json"), '{"status":"UP","weight":80}');
writeFileSync(
  join(dir, "outrider.yaml"),
  `admin: false\nstate: { dir: ${dir}/state }\nlog: { format: json }\nagents:
  web-1: { kind: haproxy, listen: "127.0.0.1:${ours}", from: { file: ${dir}/state.json } }
  web-2: { kind: haproxy, listen: "127.0.0.1:${keyed}", wait: 5s, services: { be/s1: { from: { file: ${dir}/state.json } } } }\n`,
);
const responder = `require("node:net").createServer((s) => { s.on("error", () => {}); s.end("UP 80%\\n"); s.resume(); }).listen(${bare}, "127.0.0.1", 511, () => console.log("ready"))`;
const children = [
  await start(
    SERVER_CORE,
    process.execPath,
    [join(root, "dist/cli.js"), "run", join(dir, "outrider.yaml")],
    /answering[\s\S]*answering/,
  ),
  await start(SERVER_CORE, process.execPath, ["-e", responder], /ready/),
];

function check(port, send) {
  return new Promise((resolve, reject) => {
    const from = performance.now();
    let text = "";
    const socket = connect(port, "127.0.0.1", () => send && socket.write(send));
    socket.on("data", (chunk) => (text += chunk));
    socket.on("error", reject);
    socket.on("end", () => socket.end());
    socket.on("close", () =>
      text === "UP 80%\n" ? resolve(performance.now() - from) : reject(new Error(`heard ${text}`)),
    );
  });
}

async function measure(name, port, send) {
  const times = [];
  let left = CHECKS;
  const from = performance.now();
  const worker = async () => {
    while (left-- > 0) times.push(await check(port, send));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const seconds = (performance.now() - from) / 1_000;
  times.sort((a, b) => a - b);
  const perSecond = times.length / seconds;
  console.log(
    `${name.padEnd(40)} ${Math.round(perSecond).toLocaleString("en").padStart(7)}/s, p50 ${times[CHECKS >> 1].toFixed(2)} ms, p99 ${times[Math.floor(CHECKS * 0.99)].toFixed(2)} ms`,
  );
  return perSecond;
}

for (let round = 0; round < 2; round++) {
  const reference = await measure("bare node:net", bare);
  const alone = await measure("outrider", ours);
  await measure("outrider, by agent-send", keyed, "be/s1\n");
  // They connect to the port that waits for a line, and keep it waiting.
  const idle = Array.from({ length: 1_000 }, () => connect(keyed, "127.0.0.1").on("error", () => {}));
  await Promise.all(idle.map((socket) => new Promise((resolve) => socket.once("connect", resolve))));
  await measure("outrider, under 1,000 idle clients", ours);
  for (const socket of idle) socket.destroy();
  console.log(`ratio to bare node:net: ${(alone / reference).toFixed(2)}\n`);
}
for (const child of children) await stop(child);
