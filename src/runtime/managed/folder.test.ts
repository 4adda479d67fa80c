import { chmodSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { adminOf } from "../../../test/tools/admin.ts";
import { folder } from "../../../test/tools/folder.ts";
import type { Parrot } from "../../../test/tools/parrot.ts";
import { freePort } from "../../../test/tools/ports.ts";
import { Tidy } from "../../../test/tools/tidy.ts";

const tidy = new Tidy();

/** An Outrider that begins with these files in its folder of managed agents. */
async function begun(files: Record<string, string>, text = "agents:\n  a: { kind: parrot }") {
  const stateDir = join(await folder(tidy), "state");
  mkdirSync(join(stateDir, "agents"), { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(stateDir, "agents", name), content);
  const made = await adminOf(tidy, `state: { dir: "${stateDir}" }\n${text}`);
  const left = async () => (await made.get("/api/process")).managed_left;
  return { ...made, left, files: () => readdirSync(join(stateDir, "agents")).sort() };
}

const parrotOf = (name: string, says: string) => `agents:\n  ${name}:\n    kind: parrot\n    says: ${says}\n`;

describe("the folder of managed agents", () => {
  it("is read at the start: what was written before a crash runs", async () => {
    // The process ended after the file was written, and before the agent was let run.
    const { outrider, left } = await begun({ "b.yaml": parrotOf("b", "crashed") });
    expect((outrider.agent("b").agent as Parrot).said).toBe("crashed");
    expect(await left()).toEqual([]);
  });

  it("is swept of what a crash left half written", async () => {
    const { outrider, files } = await begun({
      "b.yaml": parrotOf("b", "old"),
      "b.yaml.12-1.tmp": "agents:\n  b: { ki",
    });
    expect((outrider.agent("b").agent as Parrot).said).toBe("old");
    expect(files()).toEqual(["b.yaml"]);
  });

  it("holds an agent that cannot start, after a crash before it was taken back: the others run", async () => {
    const { outrider, get } = await begun({ "b.yaml": "agents: { b: { kind: parrot, fails: create } }" });
    expect(outrider.status("a").standing).toBe("ready");
    expect(await get("/api/agents/b")).toMatchObject({
      standing: "stopped",
      problem: { code: "agent_cannot_start", message: "this parrot is no more" },
    });
  });

  it("gives way to the file for a name, and says so", async () => {
    const { outrider, left, put, source, post, lines } = await begun({ "a.yaml": parrotOf("a", "managed") });
    expect((outrider.agent("a").agent as Parrot).said).toBe("hello");
    const message = expect.stringMatching(/^the agent is also written at o\.yaml:3:3, which counts/);
    expect(await left()).toEqual([{ name: "a", file: expect.stringMatching(/agents\/a\.yaml$/), message }]);
    expect(lines).toContainEqual(
      expect.objectContaining({
        level: "error",
        agent: "a",
        reason: message,
        message: "managed agent does not count",
      }),
    );
    expect((await put("/api/agents/a", { kind: "parrot" })).status).toBe(409);
    source.text = source.text.replace("  a: { kind: parrot }", "  z: { kind: parrot }");
    await post("/api/reload");
    expect((outrider.agent("a").agent as Parrot).said).toBe("managed");
    expect(await left()).toEqual([]);
  });

  it("gives way to the file for an address", async () => {
    const port = await freePort();
    const { outrider, left } = await begun(
      {
        "b.yaml": `agents: { b: { kind: parrot, listen: "127.0.0.1:${port}" } }`,
        "c.yaml": parrotOf("c", "x"),
      },
      `agents:\n  a: { kind: parrot, listen: "127.0.0.1:${port}" }`,
    );
    expect([...outrider.config.agents.keys()]).toEqual(["a", "c"]);
    expect(await left()).toMatchObject([
      { name: "b", message: expect.stringContaining("is claimed by agents.a") },
    ]);
  });

  it.each([
    ["no YAML", "agents: [", /b\.yaml:\d+:\d+ /],
    ["a mistake", "agents: { b: { kind: parrot, sayz: x } }", /b\.yaml:1:30 .*unknown key "sayz"/],
    ["another name", "agents: { c: { kind: parrot } }", /expected `agents: \{ b: … \}` alone/],
    ["two agents", "agents: { b: { kind: parrot }, c: { kind: parrot } }", /alone/],
    ["more than an agent", "admin: false\nagents: { b: { kind: parrot } }", /alone/],
    ["nothing", "", /alone/],
  ])("may hold a file with %s: it is reported, and everything else runs", async (_what, text, message) => {
    const { outrider, left, put, remove, files } = await begun({
      "b.yaml": text,
      "c.yaml": parrotOf("c", "x"),
    });
    expect([...outrider.config.agents.keys()]).toEqual(["a", "c"]);
    expect(await left()).toEqual([
      { name: "b", file: expect.any(String), message: expect.stringMatching(message) },
    ]);
    expect((await put("/api/agents/d", { kind: "parrot" })).status).toBe(201);
    expect((await left()).length).toBe(1);
    expect((await remove("/api/agents/b")).status).toBe(200);
    expect([await left(), files()]).toEqual([[], ["c.yaml", "d.yaml"]]);
  });

  it("may hold other files, and files that nobody may read", async () => {
    const { outrider } = await begun({ "README.md": "x", ".b.yaml": parrotOf("b", "x"), "c.yaml~": "x" });
    expect([...outrider.config.agents.keys()]).toEqual(["a"]);
  });

  it("may not be a folder at all", async () => {
    const stateDir = join(await folder(tidy), "state");
    mkdirSync(stateDir);
    writeFileSync(join(stateDir, "agents"), "");
    chmodSync(stateDir, 0o700);
    const { outrider, get } = await adminOf(
      tidy,
      `state: { dir: "${stateDir}" }\nagents:\n  a: { kind: parrot }`,
    );
    expect(outrider.status("a").standing).toBe("ready");
    expect((await get("/api/process")).managed_left).toMatchObject([
      { message: expect.stringContaining("ENOTDIR") },
    ]);
  });
});
