import { describe, expect, it } from "vitest";
import { append, type Block, type Case, fifo, hit, set, through } from "../../../../../test/tools/martian.ts";
import { silent } from "../../../../core/log.ts";
import { profiles } from "../../profile.ts";
import type { Headers } from "../headers.ts";
import { martian } from "./index.ts";

describe("on the response", () => {
  const back = async (block: Block, given: Case = {}) => (await through(block, given)).came;

  it("A05 has another status", async () => {
    const block = { "status.Modifier": { scope: ["response"], statusCode: 200 } };
    expect((await back(block, { response: { status: 202 } })).status).toBe(200);
  });

  it("has other headers; a regex looks at those of the request", async () => {
    const answered = set("X-Hit", "1", ["response"]);
    const response = { headers: { "X-A": ["1"], Host: ["h"] } };
    const regex = { "header.RegexFilter": { header: "X-Q", regex: "q", modifier: answered } };
    const request = { headers: { "X-Q": ["q"] } };
    expect((await back(regex, { request, response })).headers).toMatchObject({ "X-Hit": ["1"] });
    const filter = { "header.Filter": { name: "X-A", value: "1", modifier: answered } };
    expect((await back(filter, { response })).headers).toMatchObject({ "X-Hit": ["1"] });
    const stash = { "stash.Modifier": { headerName: "X-Url" } };
    expect((await back(stash)).headers).toEqual({ "X-Url": ["http://b0.test/in"] });
  });

  it.each([
    [undefined, 200, "0123456789", undefined],
    ["bytes=2-4", 206, "234", "bytes 2-4/10"],
    ["bytes=7-", 206, "789", "bytes 7-9/10"],
    ["bytes=4-2", 416, "0123456789", undefined],
    ["bytes=1-2-3", 416, "0123456789", undefined],
  ])("has another body, of which range %s is asked", async (range, status, text, content) => {
    const body = Buffer.from("0123456789").toString("base64");
    const headers: Headers = range === undefined ? {} : { Range: [range] };
    const request = { headers };
    const came = await back(
      { "body.Modifier": { contentType: "t/p", body, scope: ["response"] } },
      { request },
    );
    expect([came.status, came.body.toString(), came.headers["Content-Range"]?.[0]]).toEqual([
      status,
      text,
      content,
    ]);
  });

  it.each([
    [{ name: "a", value: "b, c" }, 'a="b, c"'],
    [{ name: "a b" }, ""],
    [
      {
        name: "a",
        path: "/x;",
        domain: ".d.test",
        expires: "2030-01-02T03:04:05+01:00",
        secure: true,
        httpOnly: true,
        maxAge: -1,
      },
      "a=; Path=/x; Domain=d.test; Expires=Wed, 02 Jan 2030 02:04:05 GMT; Max-Age=0; HttpOnly; Secure",
    ],
  ])("has the cookie %j", async (cookie, line) => {
    expect((await back({ "cookie.Modifier": cookie })).headers["Set-Cookie"]).toEqual([line]);
  });

  it("is filtered by its cookies", async () => {
    const block = { "cookie.Filter": { name: "a", modifier: set("X-Hit", "1", ["response"]) } };
    const came = await back(block, { response: { headers: { "Set-Cookie": ["a=1; Path=/"] } } });
    expect(came.headers["X-Hit"]).toEqual(["1"]);
  });
});

describe("a block with a mistake", () => {
  it.each<[string, Block, RegExp]>([
    ["nothing", {}, /^martian: expected one modifier, found 0/],
    ["A13 two modifiers", { ...hit, ...append("a", "b") }, /^martian: expected one modifier, found 2/],
    [
      "an unknown modifier",
      fifo({ "no.Such": {} }),
      /^martian\.fifo\.Group\.modifiers\[0\]: unknown modifier "no\.Such"/,
    ],
    ["A17 two modes of a port", { "port.Modifier": { port: 1, remove: true } }, /needs exactly one of/],
    ["no mode of a port", { "port.Modifier": {} }, /needs exactly one of/],
    [
      "a scope it does not have",
      { "status.Modifier": { scope: ["request"], statusCode: 1 } },
      /has no scope "request"/,
    ],
    ["a scope that is none", { "header.Modifier": { scope: ["both"] } }, /no scope is named "both"/],
    ["a field of another type", { "header.Modifier": { name: 1 } }, /`name` is no text/],
    ["no base64", { "body.Modifier": { body: "a" } }, /base64/],
    ["no regex", { "url.RegexFilter": { regex: "(?=a)", modifier: hit } }, /no regular expression/],
    ["no modifier of a filter", { "url.Filter": { path: "/" } }, /`modifier` is missing/],
    ["no time", { "cookie.Modifier": { name: "a", expires: "soon" } }, /RFC 3339/],
    [
      "a stash on responses only",
      { "stash.Modifier": { headerName: "X", scope: ["response"] } },
      /needs scope/,
    ],
  ])("%s is refused with its place, or left out in a lenient profile", (_, block, message) => {
    expect(() => martian(block, { profile: profiles.safe, log: silent })).toThrow(
      expect.objectContaining({ name: "ConfigProblem", message: expect.stringMatching(message) }),
    );
    const errors: unknown[] = [];
    const log = { ...silent, error: (fields: object) => errors.push(fields) };
    expect(martian(block, { profile: profiles.krakend, log })).toBeUndefined();
    expect(errors).toEqual([{ reason: expect.stringMatching(message) }]);
  });
});
