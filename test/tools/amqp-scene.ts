import { type Channel, type ChannelModel, connect } from "amqplib";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { type RabbitMq, startRabbitMq } from "./rabbitmq.ts";
import { Tidy } from "./tidy.ts";

/** One for all tests of the file, and a connection of the tests' own. */
export let broker: RabbitMq;
export let model: ChannelModel;
/** These are new for each test: a channel of that connection, and a name that nothing has yet. */
export let channel: Channel;
export let name = "";

/** Sets the scene around the tests of a `describe`: a RabbitMQ, and a way to look at what is in it. */
export function amqpScene(): void {
  const whole = new Tidy("all");
  let number = 0;
  beforeAll(async () => {
    broker = await startRabbitMq(whole);
    model = await connect(broker.url());
  });
  beforeEach(async () => {
    name = `test-${++number}`;
    channel = await model.createChannel();
    channel.on("error", () => {});
  });
  afterAll(() => model?.close());
}
