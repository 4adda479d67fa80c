import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { LinkProblem } from "./problems.ts";
import { maskUrl, presentable, revealed, Secret } from "./secret.ts";

const secret = new Secret("canary");

describe("Secret", () => {
  it.each([
    ["as a text", `${secret}`],
    ["as JSON", JSON.stringify({ secret })],
    ["by inspection", inspect({ secret })],
    ["by its keys", JSON.stringify(Object.entries(secret))],
    ["by a structured clone", JSON.stringify(structuredClone(secret))],
  ])("does not show %s", (_, shown) => expect(shown).not.toContain("canary"));

  it("is revealed to whoever says so", () => {
    expect(secret.reveal()).toBe("canary");
  });

  it("knows itself, also in an Authorization header", () => {
    expect(["canary", "canar", "canaryy", ""].map((given) => secret.is(given))).toEqual([
      true,
      false,
      false,
      false,
    ]);
    const headers = ["Bearer canary", "bearer  canary", "canary", "Basic canary", "Bearer", "", undefined];
    expect(headers.map((header) => secret.isBorneBy(header))).toEqual([
      true,
      true,
      ...Array<boolean>(5).fill(false),
    ]);
  });
});

describe("presentable", () => {
  it("masks secrets and passwords wherever they are", () => {
    const shown = presentable({
      list: [secret, { deep: secret }],
      url: "amqp://user:canary@host/",
      text: "cannot reach redis://:canary@host:6379 today",
      fine: [1, true, null, undefined, "x"],
    });
    expect(JSON.stringify(shown)).not.toContain("canary");
    expect(shown).toMatchObject({ list: ["***", { deep: "***" }], fine: [1, true, null, undefined, "x"] });
  });

  it("shows what has a JSON form in that form, and functions not at all", () => {
    const problem = new LinkProblem("timed_out", "amqp://user:canary@host is slow");
    expect(presentable({ problem, at: new Date(0), run: () => 1 })).toEqual({
      problem: { code: "timed_out", message: "amqp://user:***@host is slow", remedy: problem.remedy },
      at: "1970-01-01T00:00:00.000Z",
      run: undefined,
    });
  });
});

describe("maskUrl", () => {
  it.each([
    ["http://user:canary@host:80/path", "http://user:***@host:80/path"],
    ["redis://:canary@host", "redis://:***@host"],
    ["POST https://canary@host/hook: refused", "POST https://***@host/hook: refused"],
    ["amqp://user:can@ary@host/", "amqp://user:***@host/"],
    ["a http://a:canary@b and http://c:canary@d", "a http://a:***@b and http://c:***@d"],
    ["postgres+ssl://user:canary@host", "postgres+ssl://user:***@host"],
    ["http://host/hook?api_key=canary&shop=1", "http://host/hook?api_key=***&shop=1"],
    ["GET /hook?a=1&X-Auth-Token=canary#end", "GET /hook?a=1&X-Auth-Token=***#end"],
    ["http://host?key=canary: refused", "http://host?key=*** refused"],
    ['"http://host?sig=canary"', '"http://host?sig=***"'],
  ])("hides the password or key of %s", (text, masked) => expect(maskUrl(text)).toBe(masked));

  it.each([
    "http://host:80/a@b",
    "http://host:80?mail=a@b",
    "amqp://user@host",
    "at 12:30@noon",
    "a: b@c",
    "/?monkey=1&keys=2",
  ])("leaves %s as it is", (text) => expect(maskUrl(text)).toBe(text));

  it("takes no time for long words, whatever is in them", () => {
    const begun = process.cpuUsage();
    maskUrl(`?${"auth".repeat(250_000)}&${"?".repeat(250_000)}`);
    const { user, system } = process.cpuUsage(begun);
    expect((user + system) / 1_000).toBeLessThan(1_000);
  });
});

describe("revealed", () => {
  it("tells configurations apart that differ in a secret alone", () => {
    const one = JSON.stringify(revealed({ list: [{ token: new Secret("one") }], n: 1 }));
    expect(one).toBe('{"list":[{"token":"one"}],"n":1}');
  });
});
