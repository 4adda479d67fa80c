import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Orders } from "./orders.ts";

describe("orders", () => {
  test("nothing was ordered", () => {
    expect(new Orders().take()).toBeUndefined();
  });

  test("handed out once", () => {
    const orders = new Orders();
    orders.read();
    expect(orders.take()).toEqual({ readFirst: true, change: undefined, readLast: false });
    expect(orders.take()).toBeUndefined();
  });

  test("read, change, change, read is all of that in its order", () => {
    const orders = new Orders();
    orders.read();
    orders.change({ status: "UP", weight: 1 });
    orders.change({ status: "DOWN" });
    orders.read();
    expect(orders.take()).toEqual({ readFirst: true, change: { status: "DOWN", weight: 1 }, readLast: true });
  });

  test("whatever the crowd, it ends where one by one would end", () => {
    const step = fc.oneof(
      fc.constant("read" as const),
      fc.record({ status: fc.constantFrom("UP" as const, "DOWN" as const) }),
    );
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const file = { status: "DRAIN", weight: 50 } as const;
        const held = { status: "MAINT", weight: 90 } as const;
        expect(inCrowd(steps, file, held)).toEqual(oneByOne(steps, file, held));
      }),
    );
  });
});

type Step = "read" | { status: "UP" | "DOWN" };
type Small = { status: string; weight: number };

/** Memory and file after each step was carried out by itself, as hapgent does. */
function oneByOne(steps: readonly Step[], file: Small, held: Small): [Small, Small] {
  let [memory, disk] = [held, file];
  for (const step of steps) {
    if (step === "read") memory = disk;
    else {
      memory = { ...memory, ...step };
      disk = memory;
    }
  }
  return [memory, disk];
}

function inCrowd(steps: readonly Step[], file: Small, held: Small): [Small, Small] {
  const orders = new Orders();
  for (const step of steps) step === "read" ? orders.read() : orders.change(step);
  const order = orders.take();
  let [memory, disk] = [held, file];
  if (order?.readFirst) memory = disk;
  if (order?.change) {
    memory = { ...memory, ...order.change } as Small;
    disk = memory;
  }
  if (order?.readLast) memory = disk;
  return [memory, disk];
}
