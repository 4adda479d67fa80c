import { describe, expect, it } from "vitest";
import { managedRoom } from "../../../test/tools/managed-room.ts";
import { serve } from "../../../test/tools/ports.ts";
import { Tidy } from "../../../test/tools/tidy.ts";
import { until } from "../../../test/tools/until.ts";

const tidy = new Tidy();
const room = (text?: string, token?: string) => managedRoom(tidy, text, token);

describe("a probe", () => {
  const wrong = { kind: "parrot", says: "hi", token: "wrong" };

  it("that fails names the step, and the agent is not taken", async () => {
    const { put, files, outrider } = await room();
    const { status, json } = await put("/api/agents/b", wrong);
    expect([status, json.error]).toMatchObject([
      422,
      {
        code: "probe_failed",
        message: "listener: mq.example refuses amqp://parrot:***@mq.example",
        steps: [
          { step: "configuration", ok: true },
          { step: "wiring", ok: true },
          { step: "perch", ok: true },
          {
            step: "listener",
            ok: false,
            problem: { code: "credentials_refused", remedy: expect.any(String) },
          },
        ],
      },
    ]);
    expect([files(), outrider.supervisor.names]).toEqual([[], ["a"]]);
    expect((await put("/api/agents/b", { ...wrong, token: "right" })).status).toBe(201);
  });

  it("that fails leaves what ran before", async () => {
    const { put, agent, file } = await room();
    await put("/api/agents/b", { ...wrong, token: "right" });
    const [before, text] = [agent("b"), file("b")];
    expect((await put("/api/agents/b", wrong)).status).toBe(422);
    expect([agent("b"), file("b")]).toEqual([before, text]);
  });

  it("may be overridden, and the answer says so", async () => {
    const { put, outrider, lines } = await room();
    const { status, json } = await put("/api/agents/b?force=true", wrong);
    expect([status, json.forced, json.probe.ok]).toEqual([201, true, false]);
    expect(outrider.status("b").standing).toBe("ready");
    expect(lines).toContainEqual(expect.objectContaining({ agent: "b", probed: false }));
  });

  it("may be asked for alone, and changes nothing", async () => {
    const { post, files, outrider } = await room();
    const asked = (body: object) => post("/api/probe", body);
    expect((await asked({ agent: { kind: "parrot" } })).json.ok).toBe(true);
    expect((await asked({ agent: wrong })).json).toMatchObject({
      ok: false,
      steps: [{}, {}, {}, { step: "listener", ok: false }],
    });
    expect((await asked({ name: "n", agent: { kind: "parrot", says: 5 } })).json).toEqual({
      ok: false,
      steps: [
        {
          step: "configuration",
          ok: false,
          problem: expect.objectContaining({
            code: "config_invalid",
            mistakes: [{ at: "says", message: "expected a text, found 5" }],
          }),
        },
        { step: "wiring", ok: false, skipped: true },
      ],
    });
    expect((await asked({ agent: { kind: "parrot", fails: "create" } })).json.steps[1]).toMatchObject({
      step: "wiring",
      ok: false,
      problem: { message: "this parrot is no more" },
    });
    expect((await asked({ name: "a" })).json.ok).toBe(true);
    expect([files(), outrider.supervisor.names]).toEqual([[], ["a"]]);
  });

  it("never lends out the secrets of an agent of the file", async () => {
    const { post, get } = await room();
    const { given } = await get("/api/agents/a");
    expect(given.token).toBe("***");
    const { json } = await post("/api/probe", { name: "a", agent: { ...given, says: "new" } });
    expect(json.steps[0].problem.code).toBe("agent_not_managed");
    const nameless = await post("/api/probe", { agent: given });
    expect(nameless.json.steps[0].problem.mistakes[0].at).toBe("token");
  });
});

describe("an agent that cannot start", () => {
  it("is never there, if it is new", async () => {
    const { put, files, outrider } = await room();
    for (const fails of ["create", "run"]) {
      const { status, json } = await put("/api/agents/b?force=true", { kind: "parrot", fails });
      expect([status, json.error.code]).toEqual([422, "agent_cannot_start"]);
      expect([files(), outrider.supervisor.names, [...outrider.config.agents.keys()]]).toEqual([
        [],
        ["a"],
        ["a"],
      ]);
    }
  });

  it("gives way to what ran before, with the file it had", async () => {
    const { put, get, file, agent } = await room();
    await put("/api/agents/b", { kind: "parrot", says: "good", token: "canary-old" });
    const before = file("b");
    for (const fails of ["create", "run"]) {
      const { status, json, text } = await put("/api/agents/b?force=true", {
        kind: "parrot",
        fails,
        token: "***",
      });
      expect([status, json.error.code]).toEqual([422, "agent_cannot_start"]);
      expect(json.error.message).toMatch(/this parrot is no more|amqp:\/\/user:\*\*\*@mq/);
      expect(text).not.toContain("canary");
      expect(file("b")).toBe(before);
      await until("the old one runs", async () => (await get("/api/agents/b")).standing === "ready");
      expect([agent("b").said, agent("b").config.token?.reveal()]).toEqual(["good", "canary-old"]);
    }
  });

  it("because another program has its address gives way too", async () => {
    const port = await serve(tidy, (socket) => socket.destroy());
    const { put, files } = await room();
    const { status, json } = await put("/api/agents/b", { kind: "parrot", listen: `127.0.0.1:${port}` });
    expect([status, json.error.code, files()]).toEqual([422, "agent_cannot_start", []]);
  });

  it("leaves one stopped that was stopped by hand", async () => {
    const { put, post, outrider } = await room();
    await put("/api/agents/b", { kind: "parrot" });
    await post("/api/agents/b/stop");
    await put("/api/agents/b", { kind: "parrot", fails: "run" });
    expect(outrider.status("b").standing).toBe("stopped");
  });
});

describe("changes", () => {
  it("follow one another, and the last one stands", async () => {
    const { put, agent, file, outrider } = await room();
    const words = Array.from({ length: 20 }, (_, index) => `word-${index}`);
    const answers = await Promise.all(words.map((says) => put("/api/agents/b", { kind: "parrot", says })));
    expect(answers.map(({ status }) => status)).toEqual([201, ...Array(19).fill(200)]);
    expect([agent("b").said, outrider.supervisor.names]).toEqual(["word-19", ["a", "b"]]);
    expect(file("b")).toContain("word-19");
  });

  it("of many agents and reloads of the file go together", async () => {
    const { put, post, remove, outrider, files } = await room();
    const names = Array.from({ length: 10 }, (_, index) => `n${index}`);
    await Promise.all(
      names.flatMap((name) => [
        put(`/api/agents/${name}`, { kind: "parrot", says: name }),
        post("/api/reload"),
      ]),
    );
    expect(outrider.statuses().map(({ standing }) => standing)).toEqual(Array(11).fill("ready"));
    await Promise.all(names.flatMap((name) => [remove(`/api/agents/${name}`), post("/api/reload")]));
    expect([outrider.supervisor.names, files()]).toEqual([["a"], []]);
  });

  it("do not take over what was written into the file meanwhile", async () => {
    const { put, source, outrider } = await room();
    source.text = "agents: { this is no configuration";
    expect((await put("/api/agents/b", { kind: "parrot" })).status).toBe(201);
    expect(outrider.supervisor.names).toEqual(["a", "b"]);
  });
});
