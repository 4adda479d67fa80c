import { describe, expect, it } from "vitest";
import { jsonOf, retryAfterOf, statusProblem } from "./http-answers.ts";

describe("jsonOf", () => {
  const answer = (text: string) => ({ status: 200, headers: {}, body: Buffer.from(text) });

  it("reads JSON", () => expect(jsonOf(answer('{"a":1}'), "it")).toEqual({ a: 1 }));

  it.each([
    ["<!doctype html><p>Welcome", "it answered 200 with HTML"],
    ["\n <html>", "it answered 200 with HTML"],
    ['{"a":', "it answered 200 with something that is no JSON"],
    ["", "it answered 200 with something that is no JSON"],
  ])("says of %j that it is none", (text, message) => {
    expect(() => jsonOf(answer(text), "it")).toThrow(
      expect.objectContaining({ code: "answer_unexpected", message }),
    );
  });
});

describe("statusProblem", () => {
  it.each([
    [401, "credentials_refused"],
    [403, "credentials_refused"],
    [404, "item_refused"],
    [408, "server_failed"],
    [422, "item_refused"],
    [429, "server_failed"],
    [500, "server_failed"],
    [503, "server_failed"],
    [304, "answer_unexpected"],
  ])("takes %i for %s", (status, code) => expect(statusProblem(status, "it", "").code).toBe(code));

  it("says what was told, and when to come again", () => {
    expect(statusProblem(503, "POST /x", "busy", 5_000)).toMatchObject({
      message: "POST /x answered 503: busy",
      retryAfter: 5_000,
    });
  });
});

describe("retryAfterOf", () => {
  it("reads seconds and dates", () => {
    const read = (value?: string) => retryAfterOf({ "retry-after": value });
    const soon = read(new Date(Date.now() + 60_000).toUTCString());
    expect(soon).toBeGreaterThan(58_000);
    expect(soon).toBeLessThanOrEqual(60_000);
    expect([read("7"), read("0"), read(new Date(0).toUTCString()), read("soon"), read()]).toEqual([
      7_000,
      0,
      0,
      undefined,
      undefined,
    ]);
  });
});
