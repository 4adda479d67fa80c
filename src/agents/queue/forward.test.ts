import { describe, expect, it } from "vitest";
import { RejectedProblem } from "../../core/problems.ts";
import { attributesOf, fromStructured } from "./cloud-event.ts";
import { forward } from "./config/delivery.ts";
import type { Event } from "./event.ts";
import { plainEvent } from "./event.ts";
import { eventId } from "./event-id.ts";
import { fromJson, toJson } from "./event-json.ts";
import { caller } from "./forward.ts";
import { goTime } from "./go-time.ts";
import { type Profile, profiles } from "./profile.ts";
import { traceOf } from "./trace.ts";

const event: Event = {
  ...plainEvent(Buffer.from('{"id":1}')),
  headers: {
    "x-tenant": "t1",
    "x-count": 3,
    "x-table": { a: 1 },
    "x-death": [{ count: 1 }],
    host: "evil",
    "bad name": "x",
    "x-bad": "line\nbreak",
  },
  properties: { messageId: "m-1", type: "order", timestamp: 0, priority: 5 },
  routingKey: "orders.new",
  exchange: "shop",
  redelivered: true,
};

function called(given: object = {}, profile: Profile = profiles.safe, of: Event = event) {
  return caller(forward.parse(given), profile, "agent")(of);
}

describe("what of an event goes along", () => {
  it("is all of it in the safe profile, but nothing that belongs to the way", () => {
    const { headers } = called();
    const { Traceparent, ...others } = headers;
    expect(Traceparent?.[0]).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(others).toEqual({
      "X-Tenant": ["t1"],
      "X-Count": ["3"],
      "X-Amqp-Message-Id": ["m-1"],
      "X-Amqp-Type": ["order"],
      "X-Amqp-Timestamp": ["0"],
      "X-Amqp-Priority": ["5"],
      "X-Amqp-Routing-Key": ["orders.new"],
      "X-Amqp-Exchange": ["shop"],
      "X-Amqp-Redelivered": ["true"],
      "Content-Type": ["application/json"],
      "Idempotency-Key": ["m-1"],
    });
  });

  it("is nothing in the peer's, unless it is asked for", () => {
    expect(called({}, profiles.krakend).headers).toEqual({});
    const asked = { headers: ["X-T*"], properties: "X-", idempotency: "X-Key", trace: false };
    const { headers } = called(asked, profiles.krakend);
    expect(headers).toMatchObject({ "X-Tenant": ["t1"], "X-Message-Id": ["m-1"], "X-Key": ["m-1"] });
    expect(headers).not.toHaveProperty("X-Count");
  });

  it("has an idempotency key where its producer gave one, and a made-up one only if that is asked for", () => {
    const equal = () => ({ ...plainEvent(Buffer.from("{}")), routingKey: "orders.new" });
    expect(called({}, profiles.safe, equal()).headers).not.toHaveProperty("Idempotency-Key");
    const keys = [equal(), equal()].map(
      (of) => called({ idempotency: "Idempotency-Key" }, profiles.safe, of).headers["Idempotency-Key"]?.[0],
    );
    expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(keys[1]).toBe(keys[0]);
    const odd = { ...equal(), properties: { messageId: "line\nbreak" } };
    expect(called({}, profiles.safe, odd).headers).not.toHaveProperty("Idempotency-Key");
  });

  it("says of the body what its producer said, or that it is JSON if it is", () => {
    const typeOf = (body: string, contentType?: string) =>
      called({}, profiles.safe, {
        ...plainEvent(Buffer.from(body)),
        properties: contentType === undefined ? {} : { contentType },
      }).headers["Content-Type"]?.[0];
    expect([typeOf("{}", "text/plain"), typeOf(" [1]"), typeOf("{oops"), typeOf("plain")]).toEqual([
      "text/plain",
      "application/json",
      undefined,
      undefined,
    ]);
  });
});

describe("a trace", () => {
  const parent = `00-${"a".repeat(32)}-${"b".repeat(16)}-00`;

  it("goes on with a span of its own", () => {
    const { Traceparent, Tracestate } = traceOf({
      ...event,
      headers: { traceparent: parent, tracestate: "v=1" },
    });
    expect(Traceparent?.[0]).toMatch(new RegExp(`^00-${"a".repeat(32)}-(?!b{16})[0-9a-f]{16}-00$`));
    expect(Tracestate).toEqual(["v=1"]);
  });

  it.each(["", "00-zz", `00-${"0".repeat(32)}-${"b".repeat(16)}-00`])(
    "begins anew after %j",
    (traceparent) => {
      expect(traceOf({ ...event, headers: { traceparent } }).Traceparent?.[0]).toMatch(
        /^00-[0-9a-f]{32}-.*-01$/,
      );
    },
  );
});

describe("CloudEvents", () => {
  it("have attributes as their producer gave them, and as their source knows", () => {
    const headers = { "cloudEvents:source": "/mine", "ce-type": "t", cloudEvents_region: "eu" };
    expect(attributesOf({ ...event, headers }, "agent")).toEqual({
      specversion: "1.0",
      id: "m-1",
      source: "/mine",
      type: "t",
      time: "1970-01-01T00:00:00.000Z",
      subject: "orders.new",
      region: "eu",
    });
  });

  it("go out with headers, or as one object that holds the body as it is", () => {
    expect(called({ format: "cloudevents" }).headers).toMatchObject({
      "Ce-Id": ["m-1"],
      "Ce-Source": ["/shop"],
      "Ce-Specversion": ["1.0"],
    });
    const precise = { ...event, body: Buffer.from('{"n":12345678901234567890.10}') };
    const { headers, body } = called({ format: "cloudevents-structured" }, profiles.safe, precise);
    expect(headers["Content-Type"]).toEqual(["application/cloudevents+json"]);
    expect(body.toString()).toContain('"data":{"n":12345678901234567890.10}}');
    expect(JSON.parse(body.toString())).toMatchObject({ id: "m-1", datacontenttype: "application/json" });
  });

  it("have no time where a producer's is none: a message of RabbitMQ may hold any number", () => {
    const properties = { ...event.properties, timestamp: 2 ** 63 };
    expect(attributesOf({ ...event, properties }, "agent")).not.toHaveProperty("time");
  });

  it("carry bytes that are no text in base64", () => {
    const bytes = { ...event, body: Buffer.from([0xff, 0xfe]) };
    const { body } = called({ format: "cloudevents-structured" }, profiles.safe, bytes);
    expect(JSON.parse(body.toString())).toMatchObject({ data_base64: "//4=" });
  });

  it("come in as objects", () => {
    const text = JSON.stringify({ specversion: "1.0", id: "9", source: "/s", type: "t", data: { a: 1 } });
    const read = fromStructured(text)!;
    expect(read.body.toString()).toBe('{"a":1}');
    expect(read.properties).toEqual({ messageId: "9", type: "t", contentType: "application/json" });
    expect(read.headers).toMatchObject({ "ce-source": "/s" });
    expect([fromStructured("[]"), fromStructured("no"), fromStructured("{}")]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe("an event", () => {
  it("is the same after it was written as JSON and read again, whatever its bytes", () => {
    for (const body of [Buffer.from("text ü"), Buffer.from([0, 255, 1]), Buffer.alloc(0)]) {
      const { redelivered: _, ...same } = { ...event, body };
      expect(fromJson(JSON.parse(JSON.stringify(toJson({ ...event, body }))))).toMatchObject(same);
    }
  });

  it("is not read from what nobody of ours has written", () => {
    for (const line of [{ body: 5 }, { body_base64: {} }, { body: "x", routing_key: [] }, null, "x"])
      expect(() => fromJson(line)).toThrow(RejectedProblem);
  });

  it("has the id that its producer gave it, or else one that stays the same", () => {
    const nameless = { ...event, properties: {} };
    expect(eventId(event)).toBe("m-1");
    expect(eventId(nameless)).toBe(eventId({ ...nameless, redelivered: false }));
    expect(eventId(nameless)).not.toBe(eventId({ ...nameless, routingKey: "other" }));
  });
});

it("a time is written as Go prints it", () => {
  const text = goTime(performance.timeOrigin + 12_004.117);
  expect(text).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,9})? [+-]\d{4} \S+ m=\+12\.00\d+$/);
});
