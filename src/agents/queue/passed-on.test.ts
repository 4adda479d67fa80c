import { describe, expect, it } from "vitest";
import { forward } from "./config/delivery.ts";
import { type Event, plainEvent } from "./event.ts";
import { caller } from "./forward.ts";
import { messenger } from "./passed-on.ts";
import { type Profile, profiles } from "./profile.ts";

const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
const event: Event = {
  ...plainEvent(Buffer.from('{"id":1}')),
  headers: {
    "x-tenant": "t1",
    "x-count": 3,
    "x-table": { a: 1 },
    "x-death": [{ count: 1 }],
    upgrade: "gold",
    traceparent: `00-${trace}-00f067aa0ba902b7-01`,
  },
  properties: { contentType: "text/plain", contentEncoding: "gzip", messageId: "m-1", timestamp: 5_000 },
  routingKey: "orders.new",
  exchange: "shop",
  redelivered: true,
};

function published(given: object = {}, profile: Profile = profiles.safe, more: object = {}) {
  const config = forward.parse(given);
  const call = caller(config, profile, "agent")(event);
  const { headers = {}, properties } = messenger(
    config,
    profile,
  )({ ...call, headers: { ...call.headers, ...more } });
  return { headers, properties };
}

describe("what of an event goes along when it is published again", () => {
  it("is all of it with its types in the safe profile, but nothing that belongs to the way; its trace goes on", () => {
    const { headers, properties } = published();
    const { traceparent, ...others } = headers;
    expect(traceparent).toMatch(new RegExp(`^00-${trace}-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$`));
    expect(others).toEqual({ "x-tenant": "t1", "x-count": 3, "x-table": { a: 1 }, upgrade: "gold" });
    expect(properties).toEqual({
      contentType: "text/plain",
      contentEncoding: "gzip",
      messageId: "m-1",
      timestamp: 5,
    });
  });

  it("is what `forward` says", () => {
    const { headers, properties } = published({ headers: ["X-T*"], properties: "", trace: false });
    expect(headers).toEqual({ "x-tenant": "t1", "x-table": { a: 1 } });
    // Without them nobody could read the body.
    expect(properties).toEqual({ contentType: "text/plain", contentEncoding: "gzip" });
    const bare = published({ headers: [], properties: "", trace: false, content_type: false });
    expect(bare).toEqual({ headers: {}, properties: {} });
  });

  it("is nothing in the peer's profile, where headers that a layer has set go out as lists", () => {
    const before = Date.now();
    const { headers, properties } = published({}, profiles.krakend, { "X-Lua": ["a", "b"] });
    expect(headers).toEqual({ "X-Lua": ["a", "b"] });
    expect(Object.keys(properties ?? {})).toEqual(["timestamp"]);
    expect(properties?.timestamp).toBeGreaterThanOrEqual(Math.floor(before / 1_000));
    const asked = published({ headers: ["x-tenant"] }, profiles.krakend, { "Content-Type": ["text/x"] });
    expect(asked.headers).toEqual({ "x-tenant": "t1", "Content-Type": ["text/x"] });
    expect(asked.properties?.contentType).toBe("text/x");
  });
});
