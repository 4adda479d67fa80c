import { deflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { countedEvents, essence } from "./essence.ts";
import { eventsOf, isUnreadable, messageOfEnvelope } from "./message.ts";

const event = (type: string, uuid = "t") => {
  return { type, uuid, hostname: "w", timestamp: 1.5, utcoffset: 0, pid: 1, clock: 1 };
};

function published(body: unknown, { compression = "", contentType = "application/json" } = {}) {
  const plain = Buffer.from(JSON.stringify(body));
  const payload = JSON.stringify({
    body: (compression ? deflateSync(plain) : plain).toString("base64"),
    "content-type": contentType,
    headers: { hostname: "w", ...(compression && { compression }) },
    properties: { body_encoding: "base64", delivery_tag: "tag" },
  });
  return { channel: "/0.celeryev/task.multi", payload };
}

const chunk = (...messages: ReturnType<typeof published>[]) => ({ run: "r", first: 7, messages });

/** What would be read of a payload. */
function read(payload: string | undefined): unknown[] {
  const reading = { strict: true, revokes: false, dropped: () => {} };
  return eventsOf(messageOfEnvelope(payload ?? ""), reading).map((each) =>
    isUnreadable(each) ? each.problem.code : each.event,
  );
}

describe("the essence of what was published", () => {
  it("is how tasks ended", () => {
    const ends = ["succeeded", "failed", "rejected", "revoked", "cancelled"].map((each) => `task-${each}`);
    const others = ["task-sent", "task-received", "task-started", "task-retried", "worker-heartbeat"];
    const all = chunk(...[...others, ...ends].map((type) => published(event(type))));
    expect(essence(all)).toEqual({ ...all, messages: all.messages.slice(others.length) });
    expect(countedEvents(all)).toEqual({ ended: 5, other: 5 });
    expect(essence(chunk(...others.map((type) => published(event(type)))))).toBeUndefined();
  });

  it("of a list is that part of the list, packed or not, and can be read as before", () => {
    const list = [event("task-started"), event("task-succeeded", "a"), event("task-failed", "b")];
    for (const compression of ["", "application/x-gzip"]) {
      const kept = essence(chunk(published(list, { compression })));
      expect(kept).toMatchObject({ run: "r", first: 7 });
      expect(read(kept?.messages[0]?.payload)).toEqual(list.slice(1));
    }
    expect(essence(chunk(published([])))).toBeUndefined();
  });

  it("is the very same where all of it stays, and what cannot be read stays", () => {
    const same = chunk(
      published([event("task-succeeded")]),
      published("x", { compression: "application/x-bz2" }),
      { channel: "c", payload: "no envelope" },
    );
    expect(essence(same)).toBe(same);
    expect(countedEvents(same)).toEqual({ ended: 1, other: 2 });
  });
});
