import { describe, expect, it } from "vitest";
import { writeJson } from "../../../src/agents/queue/backend/json.ts";
import { Tidy } from "../../tools/tidy.ts";
import { Scene } from "./scene.ts";

/**
 * What the recorded vectors do not show, as the released code of KrakenD has it: Lura's merging and formatter,
 * krakend-lua, krakend-cel.
 */
const tidy = new Tidy();

interface Answered {
  readonly status?: number;
  readonly body: string;
}

/** An agent with a backend for each of the answers; a text is the body of a 200. */
async function played(
  answers: readonly (string | Answered)[],
  backends: readonly object[],
  extra_config: object = {},
  body = "{}",
) {
  const scene = new Scene(tidy);
  const stubs = answers.map((answer, i) => {
    const { status = 200, body: text } = typeof answer === "string" ? { body: answer } : answer;
    return [`b${i}`, [{ status, headers: { "Content-Type": "application/json" }, body: text }]] as const;
  });
  await scene.open(Object.fromEntries(stubs));
  const backend = answers.map((_, i) => ({
    host: [`http://b${i}.test`],
    url_pattern: "/in",
    method: "POST",
    ...backends[i],
  }));
  const run = await scene.built({ name: "t", backend, extra_config } as never);
  const { problem, data, complete } = await run(body);
  return {
    problem: problem?.message,
    data: data ? writeJson(data) : "null",
    complete,
    calls: scene.seen.map(({ backend: name, method, target, body: sent }) => ({
      name,
      method,
      target,
      sent,
    })),
  };
}

const one = (answer: string | Answered, backend: object, extra?: object, body?: string) =>
  played([answer], [backend], extra, body);
const details = { "backend/http": { return_error_details: "x" } };
const flatmap = (...operations: object[]) => ({ extra_config: { proxy: { flatmap_filter: operations } } });

describe("KrakenD's formatter", () => {
  it.each([
    ["null", { group: "g" }, '{"g":null}'],
    ["null", { target: "a" }, "{}"],
    ["null", { group: "g", ...flatmap({ type: "del", args: ["a"] }) }, '{"g":null}'],
    ["x", { group: "g", encoding: "No-Op" }, '{"g":null}'],
    ["null", { allow: ["a"] }, "null"],
  ])("makes of %s with %o: %s", async (answer, backend, data) => {
    expect(await one(answer, backend)).toMatchObject({ problem: undefined, data });
  });

  it.each([
    [[{ args: ["a"] }], '{"a":1}'],
    [[{ type: "del", args: "a" }], '{"a":1,"5":2}'],
    [[{ type: "del", args: [5] }], '{"a":1,"5":2}'],
  ])("reads the operations %j as they are written", async (operations, data) => {
    const answer = await one('{"a":1,"5":2}', { allow: ["a"], ...flatmap(...operations) });
    expect(JSON.parse(answer.data)).toEqual(JSON.parse(data));
  });
});

describe("KrakenD's merge", () => {
  it("has data, though incomplete, where no part has any", async () => {
    expect(await played(["null", "null"], [])).toMatchObject({ data: "{}", complete: false });
    expect(await played(["null", '{"a":1}'], [])).toMatchObject({ data: '{"a":1}', complete: false });
  });

  it("leaves the status of an answer that ends a sequence alone", async () => {
    const answer = await played([{ status: 503, body: "down" }, "{}"], [{ extra_config: details }], {
      proxy: { sequential: true },
      "validation/cel": [{ check_expr: "resp_metadata_status == 503" }],
    });
    expect(answer).toMatchObject({ problem: undefined, complete: false });
  });
});

describe("KrakenD's sequence", () => {
  const sequence = { proxy: { sequential: true } };
  const made = (value: string) => ({
    extra_config: { "modifier/lua-backend": { post: `response.load():data():set('n', ${value})` } },
  });

  it.each([
    ["{{.Resp0_user.id}}", "7"],
    ["{{.Resp0_l.id}}", "7"],
    ["{{.Resp0_user.nope}}", "%7B%7B.Resp0_user.nope%7D%7D"],
    ["{{.Resp0_größe}}", "%7B%7B.Resp0_gr%C3%B6%C3%9Fe%7D%7D"],
  ])("finds for %s: %s", async (name, text) => {
    const answer = await played(
      ['{"id":7,"l":[1],"größe":1}', "{}"],
      [{}, { url_pattern: `/u/${name}` }],
      sequence,
    );
    expect(answer.calls[1]!.target).toBe(`/u/${text}`);
  });

  it("finds what later answers gave under the first one's number, unless it was asked for before", async () => {
    const later = { url_pattern: "/v/{{.Resp0_id}}/{{.Resp0_b}}" };
    const asked = { url_pattern: "/u/{{.Resp0_id}}" };
    const answers = ['{"id":7}', '{"id":8,"b":9}', "{}"];
    const fresh = await played(answers, [{}, {}, later], sequence);
    const remembered = await played(answers, [{}, asked, later], sequence);
    expect([fresh.calls[2]!.target, remembered.calls[2]!.target]).toEqual(["/v/8/9", "/v/7/9"]);
  });

  it.each([
    ["5", "5E+00"],
    ["-1234.5", "-1.2345E+03"],
    ["0.1", "1E-01"],
    ["16777217", "1.6777216E+07"],
    ["0", "0E+00"],
  ])("writes a script's number %s as %s", async (value, text) => {
    const answer = await played(["{}", "{}"], [made(value), { url_pattern: "/u/{{.Resp0_n}}" }], sequence);
    expect(answer.calls[1]!.target).toBe(`/u/${text}`);
  });
});
