import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { adminOf } from "../../../test/tools/admin.ts";
import { managedRoom, one } from "../../../test/tools/managed-room.ts";
import type { Parrot } from "../../../test/tools/parrot.ts";
import { freePort } from "../../../test/tools/ports.ts";
import { Tidy } from "../../../test/tools/tidy.ts";

const tidy = new Tidy();
const room = (text?: string, token?: string) => managedRoom(tidy, text, token);

describe("a managed agent", () => {
  it("runs at once, is kept in a file of its own, and nothing else is touched", async () => {
    const { put, get, file, files, folder, agent, outrider } = await room();
    const before = agent("a");
    const { status, json } = await put("/api/agents/b", { kind: "parrot", says: "hi" });
    expect([status, json]).toMatchObject([
      201,
      {
        name: "b",
        standing: "ready",
        owner: { managed: true, file: join(folder, "b.yaml") },
        probe: {
          ok: true,
          steps: [{ step: "configuration" }, { step: "wiring" }, { step: "perch" }, { step: "listener" }],
        },
      },
    ]);
    expect(json.forced).toBeUndefined();
    expect(file("b")).toBe("agents:\n  b:\n    kind: parrot\n    says: hi\n");
    expect(statSync(join(folder, "b.yaml")).mode & 0o777).toBe(0o600);
    expect(files()).toEqual(["b.yaml"]);
    expect((await get("/api/agents/a")).owner).toEqual({ managed: false, at: "o.yaml:3:3" });
    expect(agent("a")).toBe(before);
    expect(outrider.status("a").restarts).toBe(0);
  });

  it("is changed in place, and runs the change", async () => {
    const { put, agent, file } = await room();
    await put("/api/agents/b", { kind: "parrot", says: "one" });
    const before = agent("b");
    expect((await put("/api/agents/b", { kind: "parrot", says: "one" })).status).toBe(200);
    expect(agent("b")).toBe(before);
    expect((await put("/api/agents/b", { kind: "parrot", says: "two" })).status).toBe(200);
    expect([agent("b").said, file("b")]).toEqual(["two", expect.stringContaining("says: two")]);
  });

  it("is there again after a restart, and after a reload of the file", async () => {
    const { put, outrider, source, post, get } = await room();
    await put("/api/agents/b", { kind: "parrot", says: "kept", token: "canary-kept" });
    await post("/api/reload");
    expect((await get("/api/agents/b")).inspect.said).toBe("kept");
    await outrider.close();
    const again = await adminOf(tidy, `state: { dir: "${source.stateDir}" }\n${one}`);
    expect((await again.get("/api/agents/b")).inspect.said).toBe("kept");
    const parrot = again.outrider.agent("b").agent as Parrot;
    expect(parrot.config.token?.reveal()).toBe("canary-kept");
  });

  it("is removed with its file; what it kept stays", async () => {
    const { put, remove, get, files, source, outrider } = await room();
    await put("/api/agents/b", { kind: "parrot" });
    const kept = join(source.stateDir, "snapshots");
    mkdirSync(kept, { recursive: true });
    writeFileSync(join(kept, "b.snap"), "");
    expect(await remove("/api/agents/b")).toMatchObject({ status: 200, json: { removed: true } });
    expect([files(), existsSync(join(kept, "b.snap"))]).toEqual([[], true]);
    expect((await get("/api/agents/b")).error.code).toBe("agent_unknown");
    expect(outrider.supervisor.names).toEqual(["a"]);
    expect((await remove("/api/agents/b")).status).toBe(404);
  });

  it("takes what looks like a reference as it is: the API reads no variables and no files", async () => {
    const { put, get } = await room();
    await put("/api/agents/b", { kind: "parrot", says: "${HOME} ${file:/etc/passwd} $${x}" });
    expect((await get("/api/agents/b")).inspect.said).toBe("${HOME} ${file:/etc/passwd} $${x}");
  });

  it("stopped by hand is stopped until the process starts anew", async () => {
    const { put, post, outrider, source } = await room();
    await put("/api/agents/b", { kind: "parrot" });
    await post("/api/agents/b/stop");
    await post("/api/reload");
    expect(outrider.status("b").standing).toBe("stopped");
    await outrider.close();
    const again = await adminOf(tidy, `state: { dir: "${source.stateDir}" }\n${one}`);
    expect(again.outrider.status("b").standing).toBe("ready");
  });
});

describe("an agent is refused", () => {
  it("that belongs to the file, and it says where that is", async () => {
    const { put, remove, files } = await room();
    for (const answer of [await put("/api/agents/a", { kind: "parrot" }), await remove("/api/agents/a")]) {
      expect(answer).toMatchObject({
        status: 409,
        json: { error: { code: "agent_not_managed", message: expect.stringContaining("o.yaml:3:3") } },
      });
    }
    expect(files()).toEqual([]);
  });

  it.each<[string, unknown, { at: string; message: string }[]]>([
    ["without a kind", {}, [{ at: "kind", message: "is missing, write one of parrot" }]],
    [
      "of another kind",
      { kind: "parot" },
      [{ at: "kind", message: 'there is no kind "parot" — did you mean "parrot"?' }],
    ],
    [
      "with mistakes, all of them",
      { kind: "parrot", sayz: 1, listen: "nowhere", fails: "never", hosts: [1] },
      [
        { at: "listen", message: expect.stringContaining('"nowhere" is no address') },
        { at: "hosts.0", message: expect.stringContaining("expected a text") },
        { at: "fails", message: expect.stringContaining("create, run, part") },
        { at: "sayz", message: 'the top level: unknown key "sayz" — did you mean "says"?' },
      ],
    ],
    [
      "whose secret was never there",
      { kind: "parrot", token: "***" },
      [{ at: "token", message: expect.stringContaining("write the secret") }],
    ],
    [
      "that looks at nobody",
      { kind: "parrot", looks_at: ["x"] },
      [{ at: "", message: expect.stringContaining('no agent "x"') }],
    ],
    [
      "with a key that YAML cannot hold",
      '{"kind":"parrot","__proto__":{"x":1}}',
      [{ at: "__proto__", message: expect.any(String) }],
    ],
  ])("%s", async (_what, body, mistakes) => {
    const { put, files, outrider } = await room();
    const { status, json } = await put("/api/agents/b", body);
    expect([status, json.error.code, json.error.mistakes]).toEqual([422, "config_invalid", mistakes]);
    expect([files(), [...outrider.config.agents.keys()]]).toEqual([[], ["a"]]);
  });

  it("whose address another has", async () => {
    const port = await freePort();
    const { put } = await room(`agents:\n  a: { kind: parrot, listen: "127.0.0.1:${port}" }`);
    const { status, json } = await put("/api/agents/b", { kind: "parrot", listen: `127.0.0.1:${port}` });
    expect([status, json.error.mistakes]).toEqual([
      422,
      [{ at: "listen", message: expect.stringContaining("is claimed by agents.a at o.yaml") }],
    ]);
  });

  it.each([
    "..%2F..%2Fetc%2Fcron",
    "%2e%2e",
    "..",
    ".hidden",
    "a%2Fb",
    "b%00",
    "b.yaml%0a",
    "x".repeat(64),
    "%C3%A4",
    "__proto__",
  ])("by the name %s, and nothing is written", async (name) => {
    const { put, files, source } = await room();
    const { status } = await put(`/api/agents/${name}`, { kind: "parrot" });
    expect([404, 422]).toContain(status);
    expect([files(), readdirSync(source.stateDir).filter((each) => !each.includes("lock"))]).toEqual([
      [],
      [],
    ]);
  });

  it("that others look at, to be removed", async () => {
    const { put, remove, outrider } = await room();
    await put("/api/agents/b", { kind: "parrot" });
    await put("/api/agents/c", { kind: "parrot", looks_at: ["b"] });
    const { status, json } = await remove("/api/agents/b");
    expect([status, json.error.message]).toEqual([422, expect.stringContaining('there is no agent "b"')]);
    expect(outrider.status("b").standing).toBe("ready");
    expect((await remove("/api/agents/c")).status).toBe(200);
    expect((await remove("/api/agents/b")).status).toBe(200);
  });

  it("where nobody may write", async () => {
    const { put, source, outrider } = await room();
    writeFileSync(join(source.stateDir, "agents"), "a file in the way");
    expect(await put("/api/agents/b", { kind: "parrot" })).toMatchObject({
      status: 503,
      json: { error: { code: "state_unwritable" } },
    });
    expect([...outrider.config.agents.keys()]).toEqual(["a"]);
  });

  it("without the token", async () => {
    const { ask, files } = await room(one, "s3cret");
    const body = { kind: "parrot" };
    expect((await ask("/api/agents/b", { method: "PUT", body })).status).toBe(401);
    expect((await ask("/api/agents/a", { method: "DELETE" })).status).toBe(401);
    expect((await ask("/api/probe", { method: "POST", body: { agent: body } })).status).toBe(401);
    expect(files()).toEqual([]);
    const headers = { authorization: "Bearer s3cret" };
    expect((await ask("/api/agents/b", { method: "PUT", headers, body })).status).toBe(201);
  });
});
