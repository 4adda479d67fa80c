// Server SDKs by WebSocket, 5 flags: connect and sync a second, memory of an idle connection, and how long a change
// takes from the server's sending it to the last of them; beside a bare `ws` loop that does nothing else, in the same
// run. Times depend on who else wants the cores; the CPU time of a frame does not.
// node bench/flags-streaming.mjs [connections]
import {
  bareLoop,
  connectAll,
  cpu,
  flagOf,
  flagsOf,
  percentile,
  relay,
  resident,
  upstream,
} from "./flags-tools.mjs";
import { stop } from "./tools.mjs";

const COUNT = Number(process.argv[2] ?? 10_000);
const CHANGES = 20;
const FLAGS = flagsOf(5);

async function measure(name, from, server) {
  const before = resident(server.child);
  let told = () => {};
  const began = performance.now();
  const { sdks, times } = await connectAll(server.port, COUNT, 64, (at) => told(at));
  const seconds = (performance.now() - began) / 1_000;
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  const each = (resident(server.child) - before) / COUNT / 1_024;
  const [lasts, all, spent] = [[], [], cpu(server.child)];
  for (let i = 0; i < CHANGES; i++) {
    const heard = await new Promise((resolve) => {
      const arrivals = [];
      told = (at) => arrivals.push(at - sent) === COUNT && resolve(arrivals);
      const sent = performance.now();
      from.change(flagOf(1, Date.now() + i));
    });
    lasts.push(Math.max(...heard));
    all.push(...heard);
    // Changes of people do not come back to back.
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const frame = ((cpu(server.child) - spent) * 1_000) / CHANGES / COUNT;
  for (const { socket } of sdks) socket.destroy();
  lasts.sort((a, b) => a - b);
  all.sort((a, b) => a - b);
  const rate = COUNT / seconds;
  console.log(
    `${name.padEnd(15)} ${Math.round(rate).toLocaleString("en").padStart(6)} connect+sync/s (p99 ${percentile(times, 0.99).toFixed(0)} ms), ${each.toFixed(1)} KiB a connection; a change: p50 ${percentile(all, 0.5).toFixed(0)} ms, p99 ${percentile(all, 0.99).toFixed(0)} ms; at the last ${percentile(lasts, 0.5).toFixed(0)} ms (best ${lasts[0].toFixed(0)}, worst ${lasts.at(-1).toFixed(0)}), ${frame.toFixed(1)} µs of CPU a frame`,
  );
  await stop(server.child);
  return { rate, last: percentile(lasts, 0.5), each, frame };
}

const from = await upstream(FLAGS);
const bare = await measure("a bare ws loop", from, await bareLoop(FLAGS, from.url));
const ours = await measure("outrider", from, await relay(from.url));
const ratio = (what) => (ours[what] / bare[what]).toFixed(2);
console.log(
  `ours to bare: connect+sync ${ratio("rate")}, memory ${ratio("each")}, time to the last ${ratio("last")}, CPU a frame ${ratio("frame")}`,
);
process.exit();
