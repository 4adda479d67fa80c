import { expect, it } from "vitest";
import { describeWith } from "../tools/needs.ts";
import { backend, broker, publisher, queue, queueScene, runOrders } from "../tools/queue-scene.ts";
import { idsUpTo, queueHolds } from "../tools/queue-stage.ts";
import { rabbitMq } from "../tools/rabbitmq.ts";
import { Tidy } from "../tools/tidy.ts";
import { until } from "../tools/until.ts";

describeWith(rabbitMq)("the depth of a queue", () => {
  const tidy = new Tidy();
  queueScene(tidy);

  it("is asked of the broker when metrics are read, and told at the next reading", async () => {
    backend.mood = "stall";
    const { outrider } = await runOrders(tidy, {
      from: { amqp: { url: broker.url(), queue, prefetch: 2 } },
      timeout: "30s",
    });
    await publisher.put(queue, idsUpTo(9));
    await queueHolds(broker, queue, { ready: 7, unacked: 2 });
    const told = async () =>
      /^outrider_queue_depth\{.*agent="orders".*\} (\d+)$/m.exec(await outrider.metrics.text())?.[1];
    expect(await told()).toBeUndefined();
    await until("the broker has answered", async () => (await told()) !== undefined);
    expect(await told()).toBe("7");
  });
});
