// 3,000 flags, 5 MB a sync, to thousands of SDKs that come as fast as they can: whether all of them get it, how long
// that takes, and how much memory it needs above idle.
// node bench/flags-large.mjs [connections]
import { bareLoop, connectAll, flagsOf, percentile, relay, resident, upstream } from "./flags-tools.mjs";
import { stop } from "./tools.mjs";

const COUNT = Number(process.argv[2] ?? 10_000);

async function measure(name, server, count) {
  const idle = resident(server.child);
  let peak = idle;
  const watch = setInterval(() => {
    peak = Math.max(peak, resident(server.child));
  }, 100);
  const began = performance.now();
  const { sdks, times } = await connectAll(server.port, count, 500);
  const seconds = (performance.now() - began) / 1_000;
  clearInterval(watch);
  for (const { socket } of sdks) socket.destroy();
  console.log(
    `${name.padEnd(22)} ${count.toLocaleString("en")} SDKs complete in ${seconds.toFixed(1)} s: ${(count / seconds).toFixed(0)} a second, p99 ${percentile(times, 0.99).toFixed(0)} ms, peak ${((peak - idle) / 1e6).toFixed(0)} MB above idle (${(idle / 1e6).toFixed(0)} MB)`,
  );
  await stop(server.child);
}

const flags = flagsOf(3_000);
const from = await upstream(flags);
await measure("a bare ws loop", await bareLoop(flags, from.url), Math.min(COUNT, 500));
await measure("outrider", await relay(from.url), Math.min(COUNT, 500));
if (COUNT > 500) await measure("outrider", await relay(from.url), COUNT);
process.exit();
