import { describe, expect, it } from "vitest";
import { Stage } from "../../../../test/tools/stage.ts";
import { Tidy } from "../../../../test/tools/tidy.ts";
import { vectors } from "../../../../test/tools/vectors.ts";
import { ConfigProblem, RejectedProblem } from "../../../core/problems.ts";
import { type Event, plainEvent } from "../event.ts";
import { bare } from "../forward.ts";
import { type Profile, profiles } from "../profile.ts";
import type { Answer } from "./call.ts";
import { cel } from "./cel.ts";
import { type JsonObject, parseJson } from "./json.ts";

interface Told {
  readonly level: string;
  readonly message: string;
}

const tidy = new Tidy();

function around(profile: Profile, told: Told[] = []): Stage {
  const tell = (level: string) => (_: object, message: string) => void told.push({ level, message });
  const log = { debug: tell("debug"), info: tell("info"), warn: tell("warn"), error: tell("error") };
  return new Stage(tidy, { profile, log });
}

const call = bare(plainEvent(Buffer.from("{}")));
const answer: Answer = { data: {}, complete: true, status: 0, headers: {} };

async function run(
  checks: readonly string[],
  { profile = profiles.krakend as Profile, asked = call, given = answer, level = "backend" as const } = {},
): Promise<Answer & { called: boolean }> {
  let called = false;
  const layer = cel(checks, around(profile), level);
  const innermost = () => {
    called = true;
    return Promise.resolve(given);
  };
  const made = await (layer ? layer(innermost) : innermost)(asked, new AbortController().signal);
  return { ...made, called };
}

const verdict = async (...given: Parameters<typeof run>) =>
  (await run(...given)).problem?.message ?? "passes";

interface Vector {
  readonly id: string;
  readonly group: string;
  readonly title: string;
  readonly agent: { readonly backend: readonly Backend[]; readonly extra_config: Extra };
  readonly stubs: Readonly<Record<string, readonly { readonly status: number; readonly body: string }[]>>;
  readonly expect: readonly {
    readonly verdict: string;
    readonly error?: string;
    readonly calls: unknown[];
  }[];
}

interface Extra {
  readonly "validation/cel"?: readonly { readonly check_expr: string }[];
  readonly "github.com/devopsfaith/krakend-cel"?: readonly { readonly check_expr: string }[];
  readonly "backend/http"?: { readonly return_error_details?: string };
}

interface Backend {
  readonly method: string;
  readonly url_pattern: string;
  readonly encoding?: string;
  readonly group?: string;
  readonly extra_config?: Extra;
}

const textsOf = (extra: Extra = {}) =>
  (extra["validation/cel"] ?? extra["github.com/devopsfaith/krakend-cel"] ?? []).map(
    (each) => each.check_expr,
  );

function answerOf(backend: Backend, { status, body }: { status: number; body: string }): Answer {
  if (backend.encoding === "no-op") return { ...answer, status, body: Buffer.from(body) };
  if (status > 201) return { ...answer, complete: false, status, data: { error_x: {} } };
  const data = parseJson(body) as JsonObject;
  return { ...answer, data: backend.group ? { [backend.group]: data } : data };
}

const recorded = vectors<{ vectors: readonly Vector[] }>("krakend-backend.json").vectors.filter(
  // C25 is about a chain, and C37 and C38 about Lua: they are for the whole stack.
  ({ id, group }) => group === "cel" && !["C25", "C37", "C38"].includes(id),
);

describe("cel, as recorded", () => {
  it.each(recorded)("$id $title", async ({ agent, stubs, expect: [expected] }) => {
    const backend = agent.backend[0]!;
    const given = answerOf(backend, stubs["b0"]![0]!);
    const outer = await run(textsOf(agent.extra_config), { given });
    const asked = { ...call, method: backend.method, path: backend.url_pattern };
    const inner = await run(textsOf(backend.extra_config), { given, asked });
    const problem = outer.problem ?? inner.problem;
    expect(problem ? "nack" : "ack").toBe(expected!.verdict);
    expect(problem?.message).toBe(expected!.error);
    expect(outer.called && inner.called).toBe(expected!.calls.length > 0);
  });
});

describe("cel in profile krakend", () => {
  const data = parseJson('{"n":7,"request_id":"a","l":[1,{"constructor":2}]}') as JsonObject;

  it("runs a check with req and resp in both phases, where the other side is missing", async () => {
    expect(await verdict(["req_method == '' && resp_completed"])).toBe("request aborted by evaluator #0");
    expect(await verdict(["req_method == 'no' || resp_completed"])).toBe("request aborted by evaluator #0");
    expect(await verdict(["resp_data.request_id == 'a'"], { given: { ...answer, data } })).toContain("#0");
    expect(await verdict(["req_method == '' || resp_completed"])).toBe("passes");
  });

  it("counts the loaded checks of a phase", async () => {
    const checks = ["req_method == 5", "now == 'x'", "req_path == ''", "req_path == 'x'", "resp_data.x == 1"];
    expect(await verdict(checks)).toBe("request aborted by evaluator #1");
    expect(await verdict(["req_path == ''", "resp_completed", "has(resp_data.x)"])).toContain("#1");
  });

  it("has numbers of JSON as texts, and those of Lua as doubles", async () => {
    const given = { ...answer, data: { ...data, lua: 9 } };
    for (const check of [
      "resp_data.n == '7'",
      "int(resp_data.n) > 5",
      "resp_data.lua > 5.0",
      "resp_data.l[0] == '1'",
      "resp_data.l[1]['constructor'] == '2' && has(resp_data.l[1].constructor)",
      "!has(resp_data.toString)",
    ]) {
      expect([check, await verdict([check], { given })]).toEqual([check, "passes"]);
    }
    expect(await verdict(["resp_data.n > 5"], { given })).toContain("#0");
  });

  it("passes over a broken check that would never run, and drops all for one that would", () => {
    const told: Told[] = [];
    expect(cel(["req_path == 'x'", "now ==="], around(profiles.krakend, told), "agent")).toBeDefined();
    expect(
      cel(["req_path == 'x'", "has(req_path)"], around(profiles.krakend, told), "agent"),
    ).toBeUndefined();
    expect(told.map(({ level }) => level)).toEqual(["warn", "warn"]);
  });

  it("does not look at an answer that failed", async () => {
    const problem = new RejectedProblem("item_refused", "no");
    const given = { ...answer, problem };
    expect((await run(["resp_data.x == 1"], { given })).problem).toBe(problem);
  });

  it("knows no event", () => {
    expect(cel(["event.exchange == 'req'"], around(profiles.krakend), "agent")).toBeUndefined();
  });
});

describe("cel in profile safe", () => {
  const event: Event = {
    ...plainEvent(Buffer.from('{"n":7,"f":7.5,"big":123456789012345678901234567890}')),
    headers: { "x-kind": "order", count: 3, list: [1, "a"] },
    properties: { messageId: "m", priority: 5 },
    routingKey: "orders.new",
    exchange: "shop",
  };
  const asked = { ...call, event };
  const safe = (check: string, given = answer) => verdict([check], { profile: profiles.safe, asked, given });

  it.each([
    "event.body.n == 7 && type(event.body.n) == int",
    "event.body.f == 7.5 && event.body.big > 1e20",
    "event.headers['x-kind'] == 'order' && event.headers.count == 3 && 'a' in event.headers.list",
    "event.routing_key.matches('^orders[.]') && event.exchange == 'shop' && !event.redelivered",
    "event.properties.message_id == 'm' && event.properties.priority < 9 && !has(event.properties.type)",
    "timestamp(now) > timestamp('2020-01-01T00:00:00Z')",
    "resp_completed && req_method == '' && event.body.n == 7",
    "event.routing_key != 'resp_' || true // resp_",
  ])("%s", async (check) => {
    expect(await safe(check)).toBe("passes");
  });

  it("runs what only looks like a check of the answer before the call", async () => {
    const { called, problem } = await run(["event.routing_key == 'resp_data'"], {
      profile: profiles.safe,
      asked,
    });
    expect([called, problem?.code]).toEqual([false, "item_refused"]);
  });

  it("has no body that is no JSON", async () => {
    const other = { ...call, event: plainEvent(Buffer.from("hello")) };
    expect(await verdict(["!has(event.body)"], { profile: profiles.safe, asked: other })).toBe("passes");
  });

  it("refuses checks that cannot be used, all of them at once, with their places", () => {
    const refuse = () =>
      cel(
        ["req_path ==", "req_method == 5", "nope == 1", "req_method", "now != ''"],
        around(profiles.safe),
        "agent",
      );
    expect(refuse).toThrow(ConfigProblem);
    try {
      refuse();
    } catch (problem) {
      expect((problem as ConfigProblem).mistakes.map(({ at }) => at)).toEqual([
        "agent.cel[0]",
        "agent.cel[1]",
        "agent.cel[2]",
        "agent.cel[3]",
      ]);
    }
  });
});
