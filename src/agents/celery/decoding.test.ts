import { brotliCompressSync, deflateSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { started } from "../../../test/tools/celery-event.ts";
import { vectors } from "../../../test/tools/vectors.ts";
import { argumentFields, flatKeywords } from "./arguments.ts";
import { exchangeOf, patternsOf, unseen } from "./channels.ts";
import { dateMs } from "./date.ts";
import { documentOf } from "./document.ts";
import { type DropReason, isTask } from "./event.ts";
import { mergeAll } from "./merge.ts";
import { eventsOf, isUnreadable, type Message, messageOfEnvelope } from "./message.ts";
import { parseLiteral } from "./python/literal.ts";
import { reprOf } from "./python/text.ts";
import { writtenDocument } from "./written.ts";

const json = (value: unknown): Message => ({
  body: Buffer.from(JSON.stringify(value) ?? ""),
  contentType: "application/json",
  compression: undefined,
  redelivered: false,
});

function read(message: Message | undefined, { strict = false, revokes = false } = {}) {
  const dropped: DropReason[] = [];
  const arrivals = eventsOf(message, {
    strict,
    revokes,
    dropped: (reason) => void dropped.push(reason),
  });
  const events = arrivals.flatMap((each) => (isUnreadable(each) ? [] : each.event));
  const problems = arrivals.flatMap((each) => (isUnreadable(each) ? each.problem : []));
  return { events, dropped, problems };
}

describe("messages", () => {
  it("are read packed too, and what cannot be read is to be set aside as it came, with what to do", () => {
    const { body } = json(started);
    const packed = [
      { ...json(started), body: deflateSync(body), compression: "application/x-gzip" },
      { ...json(started), body: brotliCompressSync(body), compression: "application/x-brotli" },
    ];
    for (const message of packed) expect(read(message).events).toEqual([started]);
    const unreadable: [Message, RegExp, RegExp][] = [
      [{ ...json(started), body: Buffer.from("{") }, /says that it is JSON/, /replay/],
      [{ ...json(started), contentType: "application/x-python-serialize" }, /x-python/, /event_serializer/],
      [{ ...json(started), compression: "application/x-bz2" }, /x-bz2/, /zlib/],
      [{ ...json(started), compression: "application/x-gzip" }, /and is not/, /replay/],
      [{ ...json(started), compression: "toString" }, /toString/, /zlib/],
    ];
    for (const [message, why, remedy] of unreadable) {
      const { problems, events, dropped } = read(message);
      expect([events, dropped]).toEqual([[], []]);
      expect(problems).toMatchObject([
        {
          code: "item_unreadable",
          message: expect.stringMatching(why),
          remedy: expect.stringMatching(remedy),
        },
      ]);
    }
    expect(read(undefined).dropped).toEqual(["undecodable"]);
    expect(read({ ...json(started), contentType: undefined }).dropped).toEqual(["no_event"]);
    expect(read(json([])).dropped).toEqual([]);
  });

  it("of cancelled tasks are dropped, as by the peer, or taken for revoked ones", () => {
    const cancelled = json({ ...started, type: "task-cancelled" });
    expect(read(cancelled)).toMatchObject({ events: [], dropped: ["unknown_type"] });
    const { events } = read(cancelled, { revokes: true });
    expect(events).toEqual([{ ...started, type: "task-revoked" }]);
    expect(documentOf(events[0]!, "prod", 1)).toMatchObject({ state: "REVOKED", revoked_at: 1_500 });
  });

  it("lose only the fields that are unknown or wrong, or, if strict, the event, as with the peer", () => {
    const odd = json({ ...started, extra: 1, runtime: "x" });
    expect(read(odd)).toMatchObject({ events: [started], dropped: ["unknown_field", "bad_field"] });
    expect(read(odd, { strict: true })).toMatchObject({ events: [], dropped: ["unknown_field"] });
  });

  it("of the recorded session on Redis are those of the exchange and no others", () => {
    const { messages } = vectors<{ messages: { channel: string; payload_utf8: string }[] }>(
      "celery-events-redis.json",
    );
    const own = messages.filter(({ channel }) => exchangeOf(channel, "") === "celeryev");
    expect(messages.length - own.length).toBe(3);
    for (const { payload_utf8 } of own)
      expect(read(messageOfEnvelope(payload_utf8))).toMatchObject({
        problems: [],
        dropped: expect.not.arrayContaining(["undecodable"]),
      });
  });
});

describe("channels", () => {
  const naming = {
    exchange: "celeryev",
    routing_key: "#",
    global_keyprefix: "",
    fanout_prefix: true,
    fanout_patterns: true,
  };

  it("have the patterns that Celery's options make", () => {
    expect(patternsOf(naming, 2, false)).toEqual(["/2.celeryev/*"]);
    expect(patternsOf({ ...naming, global_keyprefix: "p[1]:", routing_key: "task.#" }, 4, false)).toEqual([
      "p\\[1\\]:/4.celeryev/task.*",
    ]);
    expect(patternsOf(naming, 7, true)).toEqual(["/7.celeryev/*", "/{db}.celeryev/*"]);
    expect(patternsOf({ ...naming, fanout_prefix: false, fanout_patterns: false }, 0, false)).toEqual([
      "celeryev",
    ]);
  });

  it("tell a message that comes twice by its tag, as long as it is among the last thousand", () => {
    const fresh = unseen();
    const message = (tag: number) => ({ payload: `{"properties": {"delivery_tag": "${tag}"}}` });
    expect([fresh(message(1)), fresh(message(1)), fresh({ payload: "{}" })]).toEqual([true, false, true]);
    for (let tag = 2; tag <= 1_001; tag++) fresh(message(tag));
    expect(fresh(message(1))).toBe(true);
  });
});

const RUNS = 20_000;
const anything = fc.anything({ withNullPrototype: false, withBigInt: false });
const almost = fc.record(
  {
    type: fc.constantFrom(
      "task-sent",
      "task-received",
      "task-started",
      "task-succeeded",
      "task-failed",
      "task-retried",
    ),
    uuid: fc.constantFrom("a", "b", "c"),
    timestamp: fc.double({ min: 0, max: 2e9, noNaN: true }),
    utcoffset: fc.integer(),
    pid: fc.integer(),
    clock: fc.integer(),
    hostname: fc.string({ unit: "binary" }),
    name: fc.string(),
    args: fc.oneof(
      { arbitrary: fc.string(), weight: 10 },
      { arbitrary: fc.constantFrom("(1, 'x', [2])", "('\\ud83d',)", "("), weight: 10 },
      // Seldom, because most of the time goes into reading and writing these.
      { arbitrary: fc.constantFrom("x".repeat(40_000), "é".repeat(33_000)), weight: 1 },
    ),
    kwargs: fc.oneof(fc.string(), fc.json(), fc.constantFrom("{'a': {'b': (1, 2)}}", "{'__proto__': 1}")),
    traceback: fc.string({ unit: "binary" }),
    exception: fc.string({ unit: "binary" }),
    retries: fc.nat(3),
    eta: fc.oneof(fc.string(), fc.constant(null)),
    extra: anything,
  },
  { requiredKeys: ["type", "uuid", "timestamp", "utcoffset", "pid", "clock"] },
);

describe("whatever comes", { timeout: 120_000 }, () => {
  it("is decoded or dropped, and never thrown about", () => {
    fc.assert(
      fc.property(anything, (value) => void read(json(value))),
      { numRuns: RUNS },
    );
  });

  it("bytes and envelopes too", () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.string(), (bytes, payload) => {
        read({ ...json(0), body: Buffer.from(bytes) });
        read(messageOfEnvelope(payload));
      }),
      { numRuns: RUNS },
    );
  });

  it("becomes documents that the API takes: known fields, no halves of characters, no term too long", () => {
    fc.assert(
      fc.property(fc.array(almost, { maxLength: 8 }), (events) => {
        const read1 = read(json(events)).events;
        const documents = read1.map((event) => documentOf(event, "prod", 1));
        const before = JSON.stringify(documents);
        const merged = mergeAll(documents);
        expect(JSON.stringify(documents)).toBe(before);
        expect(merged.flatMap(({ from }) => from).sort()).toEqual(documents.map((_, index) => index).sort());
        expect(new Set(merged.map(({ document }) => document.id)).size).toBe(merged.length);
        for (const { document, from } of merged) {
          expect(document.events_count).toBe(from.length);
          const text = writtenDocument(document, 2);
          expect(text).not.toMatch(/(?<!\\)(?:\\\\)*\\ud[89a-f]/);
          const written = JSON.parse(text) as Record<string, unknown>;
          for (const key of ["args", "kwargs", "result", "traceback"]) {
            expect(Buffer.byteLength(String(written[key] ?? ""))).toBeLessThanOrEqual(32_000);
          }
          expect(Object.values(written)).not.toContain(null);
        }
        expect(read1.every(isTask)).toBe(true);
      }),
      { numRuns: RUNS },
    );
  });

  it("as arguments and dates becomes texts and numbers", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        for (const value of Object.values(argumentFields(text)))
          expect([...value].length).toBeLessThanOrEqual(256);
        flatKeywords(text);
        dateMs(text);
      }),
      { numRuns: RUNS },
    );
  });

  it("as deep a nest as fits into a message becomes texts and numbers too", () => {
    for (const deep of [
      "[".repeat(50_000),
      `${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}`,
      "(".repeat(50_000),
    ])
      expect([flatKeywords(deep), Object.keys(argumentFields(deep))]).toEqual([{}, ["args_0"]]);
  });

  it("as a Python literal is read back from what it is printed as", () => {
    const { literal } = fc.letrec((tie) => ({
      literal: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom("None", "True", "...", "1e-07", "(1+2j)", "b'\\xff'"),
        fc.bigInt().map(String),
        fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => reprOf({ type: "float", value: n })),
        fc.string({ unit: "binary" }).map((value) => reprOf({ type: "str", value })),
        fc
          .array(tie("literal") as fc.Arbitrary<string>, { maxLength: 4 })
          .map((items) => `[${items.join(", ")}]`),
        fc
          .array(tie("literal") as fc.Arbitrary<string>, { maxLength: 4 })
          .map((items) => `(${items.map((item) => `${item},`).join(" ")})`),
      ),
    }));
    fc.assert(
      fc.property(literal as fc.Arbitrary<string>, (text) => {
        const value = parseLiteral(text);
        expect(value, text).toBeDefined();
        const printed = reprOf(value!);
        expect(reprOf(parseLiteral(printed.replaceAll("Ellipsis", "..."))!)).toBe(printed);
      }),
      { numRuns: RUNS },
    );
  });
});
