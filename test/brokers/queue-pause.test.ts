import { describe, expect, it } from "vitest";
import { describeWith } from "../tools/needs.ts";
import { backend, broker, fromQueue, publisher, queue, queueScene } from "../tools/queue-scene.ts";
import { idsUpTo, queueHolds, runQueue } from "../tools/queue-stage.ts";
import { rabbitMq } from "../tools/rabbitmq.ts";
import { Tidy } from "../tools/tidy.ts";

describeWith(rabbitMq)("a pause", () => {
  const tidy = new Tidy();
  queueScene(tidy);

  describe.each([
    ["a queue that goes with its last consumer", { queue: { auto_delete: true } }],
    ["a queue of our connection alone", { queue: { exclusive: true } }],
  ])("of %s", (_, { queue: kind }) => {
    it("does not take the queue away: what is in it, and what comes meanwhile, arrives afterwards", async () => {
      const { amqp } = fromQueue();
      const from = { amqp: { ...amqp, queue: { name: queue, ...kind }, prefetch: 5 } };
      const { outrider, isUp } = await runQueue(tidy, {
        orders: { from, to: [{ http: { url: backend.url } }], workers: 1 },
      });
      await isUp("orders");
      await publisher.put(queue, idsUpTo(1));
      await backend.took(1);
      await outrider.call("orders", "pause", {});
      await publisher.put(queue, idsUpTo(10, 2));
      await queueHolds(broker, queue, { ready: 5, unacked: 5 });
      expect(backend.taken.size).toBe(1);
      await outrider.call("orders", "resume", {});
      await backend.took(11);
      await queueHolds(broker, queue, { ready: 0, unacked: 0 });
    });
  });
});
