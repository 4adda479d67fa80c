import { describe, expect, it } from "vitest";
import { adminOf } from "../../../test/tools/admin.ts";
import { Tidy } from "../../../test/tools/tidy.ts";
import { until } from "../../../test/tools/until.ts";
import { LinkProblem } from "../../core/problems.ts";

const tidy = new Tidy();

const one = "agents:\n  a: { kind: parrot }";

describe("answers", () => {
  it("say how the agents are", async () => {
    const { ask } = await adminOf(
      tidy,
      "agents:\n  a: { kind: parrot, says: x }\n  b: { kind: parrot, fails: part }",
    );
    const { json, headers } = await ask("/api/agents");
    expect(json.agents.map(({ name, standing }: Record<string, string>) => `${name} ${standing}`)).toEqual([
      "a ready",
      "b degraded",
    ]);
    expect(headers.get("cache-control")).toBe("no-store");
    expect((await ask("/api/agents/a")).json).toMatchObject({
      name: "a",
      kind: "parrot",
      inspect: { said: "x" },
      config: { says: "x" },
    });
  });

  it("say who is not ready, and why", async () => {
    const { ask, outrider } = await adminOf(
      tidy,
      "agents:\n  a: { kind: parrot, fails: run }\n  b: { kind: parrot, fails: part }\n  c: { kind: parrot, required: false }",
    );
    await until("agent a has failed", () => outrider.status("a").standing === "failed");
    const { status, json } = await ask("/readyz");
    expect([status, json]).toEqual([
      503,
      {
        ready: false,
        agents: [
          { name: "a", standing: "failed", why: ["cannot reach amqp://user:***@mq.example"] },
          { name: "b", standing: "degraded", why: ["origin: no answer"] },
        ],
      },
    ]);
    await outrider.stopAgent("a");
    expect((await ask("/readyz")).status).toBe(503);
  });

  it("leave out of the vote who is not required", async () => {
    const { ask, outrider } = await adminOf(
      tidy,
      "agents:\n  a: { kind: parrot, required: false, fails: run }",
    );
    await until("agent a has failed", () => outrider.status("a").standing === "failed");
    expect(await ask("/readyz")).toMatchObject({
      status: 200,
      json: { ready: true, agents: [{ name: "a" }] },
    });
  });

  it("control agents", async () => {
    const { post } = await adminOf(tidy, one);
    expect((await post("/api/agents/a/stop")).json).toMatchObject({ name: "a", standing: "stopped" });
    expect((await post("/api/agents/a/start")).json).toMatchObject({ standing: "ready" });
    expect((await post("/api/agents/a/restart")).json).toMatchObject({ standing: "ready" });
    expect((await post("/api/agents/a/actions/say", { text: "x" })).json).toEqual({ result: { done: true } });
    expect((await post("/api/agents/a/actions/say_hi")).json).toEqual({ result: { done: true } });
  });

  it("reload, and say what that changed or what is wrong", async () => {
    const { post, source } = await adminOf(tidy, one);
    source.text = "agents:\n  a: { kind: parrot, says: new }";
    expect((await post("/api/reload")).json).toMatchObject({ restarted: ["a"], kept: [] });
    source.text = "agents:\n  a: { kind: parrot, sayz: new }";
    expect(await post("/api/reload")).toMatchObject({
      status: 422,
      json: {
        error: {
          code: "config_invalid",
          mistakes: [{ at: "o.yaml:3:22", message: 'agents.a: unknown key "sayz" — did you mean "says"?' }],
        },
      },
    });
  });

  it.each<[string, string, unknown, number, string | undefined]>([
    ["GET", "/api/agents/x", undefined, 404, "agent_unknown"],
    ["POST", "/api/agents/x/stop", undefined, 404, "agent_unknown"],
    ["POST", "/api/agents/x/actions/say", {}, 404, "agent_unknown"],
    ["POST", "/api/agents/a/actions/sing", {}, 404, "action_unknown"],
    ["POST", "/api/agents/a/actions/say", {}, 400, "input_invalid"],
    ["POST", "/api/agents/a/actions/say", "{", 400, "input_invalid"],
    ["POST", "/api/agents/a/actions/say", "[]", 400, "input_invalid"],
    ["POST", "/api/agents/a/actions/say", "5", 400, "input_invalid"],
    ["POST", "/api/agents/a/actions/say", { text: "x".repeat(1_100_000) }, 413, undefined],
    ["POST", "/api/agents/a/actions/fall", {}, 500, undefined],
    ["GET", "/api/nothing", undefined, 404, undefined],
    ["DELETE", "/api/agents/a", undefined, 409, "agent_not_managed"],
    ["DELETE", "/api/agents/x", undefined, 404, "agent_unknown"],
    ["PATCH", "/api/agents/a", undefined, 404, undefined],
    ["GET", "/api/agents/x/history", undefined, 404, "agent_unknown"],
    ["GET", "/api/agents/x/log", undefined, 404, "agent_unknown"],
    ["GET", "/api/agents/a/log?lines=-1", undefined, 400, "input_invalid"],
    ["GET", "/api/agents/a/history?since=now", undefined, 400, "input_invalid"],
    ["POST", "/api/probe", "null", 400, "input_invalid"],
    ["POST", "/api/probe", { agent: 5 }, 400, "input_invalid"],
    ["POST", "/api/probe", { name: "x" }, 404, "agent_unknown"],
    ["PUT", "/api/agents/b", "[]", 400, "input_invalid"],
    ["GET", "/", undefined, 404, undefined],
    ["GET", "/api/agents/%ff", undefined, 404, "agent_unknown"],
    ["GET", "/api/agents/__proto__", undefined, 404, "agent_unknown"],
    ["POST", "/api/agents/a/actions/constructor", {}, 404, "action_unknown"],
  ])("%s %s is refused with %s %i", async (method, path, body, status, code) => {
    const { ask } = await adminOf(tidy, one);
    const { status: got, json } = await ask(path, { method, body });
    expect([got, json?.error?.code]).toEqual([status, code]);
    expect(json?.error?.message).toEqual(expect.any(String));
  });

  it("say that a stopped agent cannot be asked", async () => {
    const { post } = await adminOf(tidy, one);
    await post("/api/agents/a/stop");
    expect(await post("/api/agents/a/actions/say_hi")).toMatchObject({
      status: 503,
      json: { error: { code: "connect_failed", remedy: expect.any(String) } },
    });
  });

  it("to a defect show no inside, but the log does", async () => {
    const { post, lines } = await adminOf(tidy, one);
    expect((await post("/api/agents/a/actions/fall")).text).not.toContain("TypeError");
    expect(lines.find(({ message }) => message === "the admin API met a defect")?.level).toBe("error");
  });

  it("describe the kinds, with the schemas of configuration and actions", async () => {
    const { ask } = await adminOf(tidy, one);
    const { json } = await ask("/api/kinds");
    expect(json.kinds[0]).toMatchObject({
      kind: "parrot",
      config: { properties: { says: { default: "hello" } } },
      actions: expect.arrayContaining([
        expect.objectContaining({ name: "say", input: expect.objectContaining({ required: ["text"] }) }),
      ]),
    });
  });

  it("say how the process is", async () => {
    const { get, outrider, source, post } = await adminOf(tidy, one);
    source.text = `admin: { token: new }\n${one}`;
    await post("/api/reload");
    expect(await get("/api/process")).toEqual({
      name: expect.any(String),
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      pid: process.pid,
      started_at: outrider.startedAt,
      node: process.version,
      config_files: ["o.yaml"],
      agents: 1,
      kinds: ["parrot"],
      memory: { rss: expect.any(Number) },
      cpu_percent: expect.any(Number),
      log_level: "info",
      managed_dir: `${source.stateDir}/agents`,
      managed_left: [],
      needs_restart: ["admin"],
    });
  });

  it("tell of an agent what it met, what it was given, and what may be asked of it", async () => {
    const { get, outrider } = await adminOf(
      tidy,
      "agents:\n  a: { kind: parrot, fails: part, token: canary }",
    );
    const part = outrider.supervisor.ward("a")!.health.part("origin");
    part.up();
    part.down(new LinkProblem("timed_out", "no answer"));
    const { problems, given, actions } = await get("/api/agents/a");
    expect(problems).toEqual([
      {
        at: expect.any(Number),
        part: "origin",
        code: "timed_out",
        message: "no answer",
        remedy: expect.any(String),
        count: 2,
      },
    ]);
    expect(given).toEqual({ kind: "parrot", fails: "part", token: "***" });
    expect(actions[0]).toEqual({
      name: "say",
      summary: "Say something else.",
      input: expect.objectContaining({ type: "object" }),
    });
  });

  it("have the end of the log, of the process and of each agent", async () => {
    const { get } = await adminOf(
      tidy,
      "agents:\n  a: { kind: parrot }\n  b: { kind: parrot, token: canary }",
    );
    expect((await get("/api/agents/b/log")).lines).toMatchObject([
      { level: "info", message: "parrot sits", agent: "b", kind: "parrot", token: "***" },
    ]);
    expect((await get("/api/log?lines=1")).lines).toMatchObject([{ agent: "b" }]);
  });

  it("are metrics too", async () => {
    const { ask } = await adminOf(tidy, "agents:\n  a: { kind: parrot }\n  b: { kind: parrot, fails: part }");
    const { text, headers } = await ask("/metrics");
    expect(headers.get("content-type")).toContain("text/plain");
    for (const line of [
      'outrider_agent_up{agent="a",kind="parrot"} 1',
      'outrider_agent_up{agent="b",kind="parrot"} 0.5',
      'outrider_part_up{agent="b",kind="parrot",part="origin"} 0',
      'outrider_problems_total{agent="b",kind="parrot",part="origin",code="timed_out"} 1',
      'outrider_agent_restarts_total{agent="a",kind="parrot"} 0',
      "process_cpu_seconds_total",
    ]) {
      expect(text).toContain(line);
    }
  });
});
