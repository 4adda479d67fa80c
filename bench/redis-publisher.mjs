// Publishes Celery's events on Redis: all of them serialised before it begins, written to the socket in pipelines. Waits
// for a line of standard input, and prints how long it took in seconds, by Redis' own answers.
import { createConnection } from "node:net";
import { celeryEvent } from "./celery-event.mjs";

const [port, events, seconds] = process.argv.slice(2).map(Number);
const PIPELINE = 500;
const CHANNEL = "/0.celeryev/task.x";

function envelope(i) {
  return JSON.stringify({
    body: Buffer.from(celeryEvent(i)).toString("base64"),
    "content-encoding": "utf-8",
    "content-type": "application/json",
    headers: { hostname: "w1@lab" },
    properties: {
      delivery_mode: 1,
      priority: 0,
      body_encoding: "base64",
      delivery_tag: `00000000-0000-4000-9000-${String(i).padStart(12, "0")}`,
    },
  });
}

const command = (text) =>
  `*3\r\n$7\r\nPUBLISH\r\n$${CHANNEL.length}\r\n${CHANNEL}\r\n$${Buffer.byteLength(text)}\r\n${text}\r\n`;
const pipelines = [];
for (let i = 0; i < events; i += PIPELINE) {
  const count = Math.min(PIPELINE, events - i);
  const commands = Array.from({ length: count }, (_, n) => command(envelope(i + n)));
  pipelines.push({ count, bytes: Buffer.from(commands.join("")) });
}
const socket = createConnection(port, "127.0.0.1");
let answered = 0;
let wake = () => {};
socket.on("data", (data) => {
  for (const byte of data) if (byte === 10) answered++;
  wake();
});
console.log("ready");
await new Promise((resolve) => process.stdin.once("data", resolve));
const from = performance.now();
let sent = 0;
for (const { count, bytes } of pipelines) {
  const due = from + (seconds * 1_000 * sent) / events;
  const early = due - performance.now();
  if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
  socket.write(bytes);
  sent += count;
  // A few pipelines are on their way at once, so that neither side waits for the other.
  while (sent - answered > 8 * PIPELINE) await new Promise((resolve) => (wake = resolve));
}
while (answered < events) await new Promise((resolve) => (wake = resolve));
console.log(JSON.stringify({ seconds: (performance.now() - from) / 1_000 }));
process.exit();
