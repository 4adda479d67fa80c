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

describe("KrakenD's URL", () => {
  it.each(["/a\tb", "/a?b=\n", "/a\x7f"])("%j is none, with its control character", async (url_pattern) => {
    expect(await one("{}", { url_pattern })).toMatchObject({ problem: expect.any(String), calls: [] });
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

describe("KrakenD's scripts", () => {
  const script = (post: string) => ({ extra_config: { "modifier/lua-backend": { post } } });
  const onData = (answer: string, code: string) =>
    one(answer, script(`local d = response.load():data(); ${code}`));

  it.each([
    [
      "null is no nil",
      "d:set('x', d:get('n') == nil); d:set('t', type(d:get('n')))",
      '{"n":null,"x":false,"t":"userdata"}',
    ],
    ["null can be set again", "d:set('m', d:get('n'))", '{"n":null,"m":null}'],
    ["nil is never set", "d:set('n', nil); d:set('m', d:get('zz')); d:set('f', print)", '{"n":null}'],
    [
      "objects are no tables",
      "d:set('n', type(d) .. type(luaList.new()) .. type({}))",
      '{"n":"userdatauserdatatable"}',
    ],
    [
      "keys may look whole",
      "d:set('n', {a={['1']='x', [2]='y'}, b={[1.5]='z'}, c={[true]=1}})",
      '{"n":{"a":["x","y"],"b":{"1.5":"z"},"c":{"true":1}}}',
    ],
    [
      "big and small numbers as texts",
      "d:set(1e15, 1); d:set(1e20, 1); d:set(1234567.5, 1)",
      '{"n":null,"1000000000000000":1,"1e+20":1,"1.2345675e+06":1}',
    ],
  ])("%s", async (_, code, data) => {
    const answer = await onData('{"n":null}', code);
    expect(answer.problem).toBeUndefined();
    expect(JSON.parse(answer.data)).toEqual(JSON.parse(data));
  });

  it.each([
    ["sets an item that the data sees", "l:set(0, 'x'); l:set(2.9, 'z')", ["x", 2, "z"], 3],
    ["grows alone", "l:set(4, 'x'); l:set(0, 'y')", [1, 2, 3], 5],
    ["grows alone once it is set", "d:set('l', l); l:set(3, 'x')", [1, 2, 3], 4],
    ["shrinks alone", "l:del(0)", [2, 3, null], 2],
    ["is set when it has shrunk", "l:del(0); d:set('l', l)", [2, 3], 2],
    ["passes over what is no index", "l:set(-1, 'x'); l:del(-1); l:del(9); l:set(0, nil)", [1, 2, 3], 3],
    ["grows for nil, too", "l:set(3, nil); d:set('l', l)", [1, 2, 3, null], 4],
  ])("a luaList %s", async (_, code, l, n) => {
    const answer = await onData('{"l":[1,2,3]}', `local l = d:get('l'); ${code}; d:set('n', l:len())`);
    expect(answer.problem).toBeUndefined();
    expect(JSON.parse(answer.data)).toEqual({ l, n });
  });

  it.each([
    "d:set('x')",
    "d:get()",
    "d:keyExists('a', 'b')",
    "luaList.new():get()",
    "http_response.new('http://b0.test/', 'GET')",
  ])("%s has too few or too many arguments", async (code) => {
    expect((await onData("{}", code)).problem).toMatch(/^need .*arguments \(post-script:L1\)$/);
  });

  it.each([
    "response.load():isComplete('x')",
    "response.load():statusCode('x')",
    "d:get('l'):get('x')",
    "request.load():params('A', nil)",
  ])("%s has an argument of the wrong type", async (code) => {
    expect((await onData('{"l":[1]}', code)).problem).toMatch(/^bad argument .* \(post-script:L1\)$/);
  });

  it("write numbers as Go does", async () => {
    const numbers =
      "tostring(0.1 + 0.2) .. ' ' .. tostring(1e20) .. ' ' .. tostring(6 / 2) .. ' ' .. tostring(-1 / 0)";
    const answer = await onData("{}", `d:set('n', ${numbers})`);
    expect(answer.data).toBe('{"n":"0.30000000000000004 1e+20 3 -Inf"}');
  });

  it("have data, though there was none", async () => {
    expect(await one("null", script("local x = 1"))).toMatchObject({ data: "{}", complete: true });
  });

  it("see a method as it was set, which is sent in capitals", async () => {
    const answer = await one("{}", {
      extra_config: {
        "modifier/lua-backend": { pre: "request.load():method('put')" },
        "validation/cel": [{ check_expr: "req_method == 'put'" }],
      },
    });
    expect(answer).toMatchObject({ problem: undefined, calls: [{ method: "PUT" }] });
  });

  it("cannot change the Host", async () => {
    const scene = new Scene(tidy);
    await scene.open({ b0: [{ status: 200, headers: {}, body: "{}" }] });
    const script = { "modifier/lua-backend": { pre: "request.load():headers('Host', 'example.org')" } };
    const backend = [{ host: ["http://b0.test"], url_pattern: "/in", extra_config: script }];
    const run = await scene.built({ name: "t", backend, extra_config: {} } as never);
    await run("{}");
    expect(scene.seen[0]!.headers["host"]).toBe(scene.ours("http://b0.test").slice(7));
  });

  it("set a query as Go reads it", async () => {
    const pre = "request.load():query('b=2&a=1&a=x y&c=%zz&d;e=1')";
    const answer = await one("{}", {}, { "modifier/lua-proxy": { pre } });
    expect(answer.calls[0]!.target).toBe("/in?a=1&a=x+y&b=2");
  });

  it("fail every event where a file of them is missing", async () => {
    const sources = ["/nowhere/at/all.lua"];
    const answer = await one("{}", { extra_config: { "modifier/lua-backend": { sources } } });
    expect(answer).toMatchObject({ problem: expect.stringContaining("/nowhere/at/all.lua"), calls: [] });
  });
});

describe("KrakenD's checks", () => {
  const checks = (...entries: unknown[]) => ({ extra_config: { "validation/cel": entries } });
  const never = { check_expr: "req_method == 'GET'" };

  it.each([[5], ["text"], [{ check_expr: 5 }]])("are all left out beside %o", async (entry) => {
    expect((await one("{}", checks(entry, never))).problem).toBeUndefined();
  });

  it.each([[[{ Check_Expr: never.check_expr }]], [[null, never]]])("are read in %j", async (entries) => {
    expect((await one("{}", checks(...entries))).problem).toBe("request aborted by evaluator #0");
  });

  it.each([
    "req_method.lowerAscii() == 'get'",
    "req_path.split('/').size() == 9",
    "req_method.indexOf('X') == 0",
    "cel.bind(x, req_method, x == 'GET')",
    "[req_method].join() == ''",
  ])("know nothing but CEL's standard definitions: %s is left out", async (check_expr) => {
    expect((await one("{}", checks({ check_expr }))).problem).toBeUndefined();
    expect((await one("{}", checks({ check_expr }, never))).problem).toBe("request aborted by evaluator #0");
  });

  it.each(["T", "1", "True"])("take the text %s for true", async (text) => {
    const check_expr = "bool(resp_data.a) && !bool('f')";
    expect((await one(`{"a":"${text}"}`, checks({ check_expr }))).problem).toBeUndefined();
  });

  it("see no Transfer-Encoding", async () => {
    const check_expr =
      "'Content-Type' in resp_metadata_headers && !('Transfer-Encoding' in resp_metadata_headers)";
    const answer = await one("x", { encoding: "no-op", ...checks({ check_expr }) });
    expect(answer.problem).toBeUndefined();
  });

  it("see no headers of a failure that became data", async () => {
    const check_expr = "resp_metadata_status == 500 && size(resp_metadata_headers) == 0";
    const answer = await one(
      { status: 500, body: "x" },
      { extra_config: { ...details, "validation/cel": [{ check_expr }] } },
    );
    expect(answer.problem).toBeUndefined();
  });
});

describe("KrakenD's failures that became data", () => {
  const failed = { status: 500, body: "" };
  const with_ = (layer: object) => one(failed, { extra_config: { ...details, ...layer } });

  it.each([
    ["has(resp_data.error_x) && 'error_x' in resp_data", undefined],
    ["resp_data.error_x.http_status_code == 500", "request aborted by evaluator #0"],
    ["resp_data.error_x['http_status_code'] == 500", "request aborted by evaluator #0"],
    ["has(resp_data.error_x.http_status_code)", "request aborted by evaluator #0"],
    ["size(resp_data.error_x) == 0", "request aborted by evaluator #0"],
  ])("are closed to checks: %s", async (check_expr, problem) => {
    expect((await with_({ "validation/cel": [{ check_expr }] })).problem).toBe(problem);
  });

  it("are copies with a name for scripts", async () => {
    const post = `local d = response.load():data(); local e = d:get('error_x')
      d:set('n', e:get('name') .. e:get('http_status_code') .. e:get('http_body') .. e:get('http_body_encoding'))
      e:set('http_body', 'changed')`;
    const answer = await with_({ "modifier/lua-backend": { post } });
    expect(JSON.parse(answer.data)).toEqual({
      error_x: { http_status_code: 500, http_body_encoding: "application/json" },
      n: "x500application/json",
    });
  });

  it("are moved as a whole only", async () => {
    const flatmap_filter = [
      { type: "del", args: ["error_x.http_status_code"] },
      { type: "move", args: ["error_x", "e"] },
    ];
    const answer = await played(["{}", failed], [{}, { extra_config: details }], {
      proxy: { flatmap_filter },
    });
    expect(JSON.parse(answer.data)).toEqual({
      e: { http_status_code: 500, http_body_encoding: "application/json" },
    });
  });
});

describe("KrakenD's GraphQL", () => {
  const mutation = { type: "mutation", query: "mutation{x}", variables: { b: "2", a: 9 } };
  const asked = (body: string) =>
    one("{}", { extra_config: { "backend/graphql": mutation } }, undefined, body);

  it("writes what it has read as Go does", async () => {
    const { calls } = await asked('{"z":1.50,"a":1e3,"s":"<&>","i":12345678901234567890}');
    expect(calls[0]!.sent).toBe(
      '{"query":"mutation{x}","variables":{"a":1000,"b":"2","i":12345678901234567000,"s":"\\u003c\\u0026\\u003e","z":1.5}}',
    );
  });

  it("takes nothing behind the object", async () => {
    expect(await asked('{"a":1} {}')).toMatchObject({ problem: expect.any(String), calls: [] });
  });
});

describe("KrakenD's rate limit", () => {
  it.each([
    [{ max_rate: "1" }, 2],
    [{ max_rate: 1, every: 10 }, 1],
    [{ max_rate: 1, every: "1" }, 1],
  ])("lets through with %o: %s of 2", async (limit, count) => {
    const scene = new Scene(tidy);
    await scene.open({ b0: [{ status: 200, headers: {}, body: "{}" }] });
    const backend = [{ host: ["http://b0.test"], extra_config: { "qos/ratelimit/proxy": limit } }];
    const run = await scene.built({ name: "t", backend, extra_config: {} } as never);
    const answers = [await run("1"), await run("2")];
    expect(answers.filter(({ problem }) => problem === undefined)).toHaveLength(count);
  });
});
