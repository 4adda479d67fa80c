import { beforeAll, beforeEach } from "vitest";
import { Backend } from "./backend.ts";
import { Publisher, runQueue } from "./queue-stage.ts";
import { type RabbitMq, startRabbitMq } from "./rabbitmq.ts";
import { Tidy } from "./tidy.ts";

/** One for all tests of the file. */
export let broker: RabbitMq;
/** These are new for each test. */
export let backend: Backend;
export let publisher: Publisher;
/** The name of a queue that nobody has used; it is not there yet. */
export let queue = "";

/** Sets the scene around the tests of a `describe`: a RabbitMQ, a backend, and somebody who publishes. */
export function queueScene(tidy: Tidy): void {
  const whole = new Tidy("all");
  let number = 0;
  beforeAll(async () => {
    broker = await startRabbitMq(whole);
  });
  beforeEach(async () => {
    queue = `q-${++number}`;
    backend = await Backend.start(tidy);
    publisher = new Publisher(tidy, broker);
  });
}

/** What a configuration says of the queue of this test. */
export function fromQueue(more: object = {}) {
  return { amqp: { url: broker.url(), queue, ...more } };
}

/** An agent between the queue and the backend of this test. */
export function orders(more: object = {}) {
  return { from: fromQueue(), to: [{ http: { url: backend.url } }], ...more };
}

/** Runs it under the name of `orders`, and waits until it consumes. */
export async function runOrders(tidy: Tidy, more: object = {}) {
  const stage = await runQueue(tidy, { orders: orders(more) });
  await stage.isUp("orders");
  return stage;
}
