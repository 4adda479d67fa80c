// Server SDKs by WebSocket, 5 flags: connect and sync a second, memory of an idle connection, and how long a change
// takes to the last of them; beside a bare `ws` server with a broadcast loop, in the same run.
// node bench/flags-streaming.mjs [connections]
import { bareLoop, connectAll, flagOf, flagsOf, percentile, relay, resident } from "./flags-tools.mjs";
import { stop } from "./tools.mjs";

const COUNT = Number(process.argv[2] ?? 10_000);
const CHANGES = 10;

async function measure(name, server) {
  const before = resident(server.child);
  let told = () => {};
  const began = performance.now();
  const { sdks, times } = await connectAll(server.port, COUNT, 64, (sdk) => told(sdk));
  const seconds = (performance.now() - began) / 1_000;
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  const each = (resident(server.child) - before) / COUNT / 1_024;
  const lasts = [];
  const all = [];
  for (let i = 0; i < CHANGES; i++) {
    const from = performance.now();
    const heard = [];
    const done = new Promise((resolve) => {
      told = () => {
        heard.push(performance.now() - from);
        if (heard.length === COUNT) resolve();
      };
    });
    await Promise.all([server.push(flagOf(1, Date.now() + i)), done]);
    lasts.push(heard.at(-1));
    all.push(...heard);
  }
  for (const { socket } of sdks) socket.destroy();
  lasts.sort((a, b) => a - b);
  all.sort((a, b) => a - b);
  const rate = COUNT / seconds;
  console.log(
    `${name.padEnd(22)} ${Math.round(rate).toLocaleString("en").padStart(6)} connect+sync/s (p99 ${percentile(times, 0.99).toFixed(0)} ms)   ${each.toFixed(1)} KiB a connection   a change: p99 ${percentile(all, 0.99).toFixed(0)} ms, last ${percentile(lasts, 0.5).toFixed(0)} ms (worst ${lasts.at(-1).toFixed(0)})`,
  );
  await stop(server.child);
  return { rate, last: percentile(lasts, 0.5), each };
}

const bare = await measure("a bare ws loop", await bareLoop(flagsOf(5)));
const ours = await measure("outrider", await relay(flagsOf(5)));
console.log(
  `ours to bare: connect+sync ${(ours.rate / bare.rate).toFixed(2)}, memory ${(ours.each / bare.each).toFixed(2)}, time to the last ${(ours.last / bare.last).toFixed(2)}`,
);
process.exit();
