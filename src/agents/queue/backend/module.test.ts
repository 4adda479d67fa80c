import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { folder } from "../../../../test/tools/folder.ts";
import { Bench, callOf, configured, through } from "../../../../test/tools/layers.ts";
import { Tidy } from "../../../../test/tools/tidy.ts";
import { module as schema } from "../config/layers.ts";
import type { Answer, Call } from "./call.ts";
import { type JsonObject, parseJson, writeJson } from "./json.ts";
import { module } from "./module.ts";

const tidy = new Tidy();

function bench(): Bench {
  const made = new Bench();
  tidy.later(() => made.close());
  return made;
}

async function ready(code: string, given: { options?: Record<string, unknown>; timeout?: string } = {}) {
  const path = join(await folder(tidy), "m.mjs");
  writeFileSync(path, code);
  const place = bench();
  const layer = module(configured(schema, { path, ...given }), place.around);
  await place.prepared();
  return (call?: Call, answer?: Partial<Answer>) => through(place, layer, call, answer);
}

const refused = (message: RegExp) => ({
  name: "RejectedProblem",
  code: "item_refused",
  message: expect.stringMatching(message),
});

describe("a module", () => {
  it("changes the call and the answer", async () => {
    const run = await ready(
      `export function request(call, options) {
        return { headers: { ...call.headers, "x-shop": options.shop }, body: Buffer.from(call.body).toString().toUpperCase() };
      }
      export async function response(answer) { return { data: { ...answer.data, seen: answer.status }, complete: false }; }`,
      { options: { shop: "7" } },
    );
    const { answer, calls } = await run();
    expect(calls[0]?.headers).toEqual({ "X-Shop": ["7"] });
    expect(calls[0]?.body.toString()).toBe('{"MSG":"HELLO"}');
    expect(calls[0]?.url).toBe("http://b0.test/in");
    expect(answer).toMatchObject({ data: { ok: true, seen: 200 }, complete: false });
  });

  it("changes nothing when it returns nothing, and keeps large numbers whole", async () => {
    const given = parseJson('{"id":12345678901234567890,"f":1.10}') as JsonObject;
    const none = await (await ready("export function response() {}"))(callOf(), { data: given });
    expect(none.answer.data).toBe(given);
    const all = await (await ready("export const response = (answer) => answer"))(callOf(), { data: given });
    expect(writeJson(all.answer.data!)).toBe('{"id":12345678901234567890,"f":1.1}');
  });

  it("is not asked about failures", async () => {
    const { answer } = await (await ready("export function request() { throw new Error('no') }"))();
    const run = await ready("export function response() { throw new Error('asked') }");
    expect((await run(callOf(), { problem: answer.problem! })).answer.problem).toMatchObject(
      refused(/: no$/),
    );
  });

  it.each([
    [
      "throws",
      "export function request() { throw new TypeError('bad') }",
      /^request\(\) of module .*m\.mjs fails: bad$/,
    ],
    ["rejects", "export async function response() { throw 'text' }", /^response\(\) .* fails: text$/],
    ["returns a number", "export const request = () => 7", /returns nonsense: what it returns is no object$/],
    ["returns a wrong body", "export const request = () => ({ body: 7 })", /body is neither/],
    ["returns a function", "export const request = () => ({ body() {} })", /could not be cloned/],
  ])("that %s rejects its event", async (_, code, message) => {
    expect((await (await ready(code))()).answer.problem).toMatchObject(refused(message));
  });

  it.each([
    ["does not exist", undefined],
    ["has a mistake", "export function ("],
    ["exports neither", "export const x = 1"],
  ])("that %s is refused at the start", async (_, code) => {
    const place = bench();
    const path = join(await folder(tidy), "m.mjs");
    if (code) writeFileSync(path, code);
    module(configured(schema, { path }), place.around);
    await expect(place.prepared()).rejects.toMatchObject({ name: "ConfigProblem", code: "config_invalid" });
  });
});

describe("the time limit", () => {
  const slow = "export const request = (call) => call.headers.X ? new Promise(() => {}) : {}";
  const stuck = "export const request = (call) => { if (call.headers.X) for (;;); }";
  const hungry =
    "export const request = (call) => { const all = []; while (call.headers.X) all.push(new Array(1e5).fill({})); }";

  it.each([
    ["waits for ever", slow, "100ms", /takes longer than 100 ms/],
    ["runs for ever", stuck, "100ms", /takes longer than 100 ms/],
    ["eats all memory", hungry, "60s", /memory/],
  ])("ends what %s, and others go on", async (_, code, timeout, message) => {
    const run = await ready(code, { timeout });
    const ends = await Promise.all([run(), run(callOf({ headers: { X: ["1"] } })), run(), run()]);
    expect(ends.map(({ answer }) => answer.problem !== undefined)).toEqual([false, true, false, false]);
    expect(ends[1]?.answer.problem).toMatchObject(refused(message));
    expect((await run()).answer.problem).toBeUndefined();
  });

  it("blames nobody when several had begun", async () => {
    const code = `export const request = async (call) => {
      if (call.headers.X) { await 0; await new Promise((done) => setTimeout(done, 20)); for (;;); }
      await new Promise((done) => setTimeout(done, 10_000));
    }`;
    const run = await ready(code, { timeout: "200ms" });
    const ends = await Promise.all([run(), run(callOf({ headers: { X: ["1"] } }))]);
    expect(ends.map(({ answer }) => answer.problem?.name)).toEqual(["LinkProblem", "LinkProblem"]);
  });
});
