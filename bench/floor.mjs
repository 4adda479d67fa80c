// The floor: the least that a program on amqplib and undici can do with an event.
import { connect } from "amqplib";
import { Agent } from "undici";

const [url, queue, target] = process.argv.slice(2);
const agent = new Agent({ pipelining: 1 });
const { origin, pathname } = new URL(target);
const connection = await connect(url);
const channel = await connection.createChannel();
await channel.prefetch(100);
const waiting = [];
let busy = 0;

async function work() {
  busy++;
  for (let message = waiting.shift(); message; message = waiting.shift()) {
    const answer = await agent.request({
      origin,
      path: pathname,
      method: "POST",
      headers: { "content-type": "application/json" },
      body: message.content,
    });
    await answer.body.text();
    if (answer.statusCode < 300) channel.ack(message);
    else channel.nack(message);
  }
  busy--;
}

await channel.consume(queue, (message) => {
  waiting.push(message);
  if (busy < 50) void work();
});
console.log("consuming");
