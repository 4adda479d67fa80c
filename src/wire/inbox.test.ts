import { describe, expect, it } from "vitest";
import { Inbox } from "./inbox.ts";

describe("an inbox", () => {
  const link = () => ({ signal: new AbortController().signal, after: undefined, up() {} });

  it("holds so many items and so many bytes, until they are settled", async () => {
    const inbox = new Inbox<string>(3, true, 100);
    const [first, second] = [inbox.put("a", 60), inbox.put("b", 40)];
    expect([inbox.hasRoom(1), inbox.put("c", 1)]).toEqual([false, undefined]);
    const feed = inbox.open(link());
    const { value: delivery } = await feed.next();
    expect(inbox.hasRoom(1)).toBe(false);
    delivery!.settle("done");
    expect(await first).toEqual({ outcome: "done", reason: undefined });
    expect([inbox.hasRoom(60), inbox.hasRoom(61)]).toEqual([true, false]);
    for (const small of [inbox.put("d", 1), inbox.put("e", 1)]) expect(small).toBeDefined();
    expect(inbox.put("f", 1)).toBeUndefined();
    inbox.shut();
    expect(await second).toEqual({ outcome: "retry" });
    await feed.return(undefined);
  });
});
