import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { folder } from "../../test/tools/folder.ts";
import { outriderOf } from "../../test/tools/in-process.ts";
import type { Parrot } from "../../test/tools/parrot.ts";
import { freePort } from "../../test/tools/ports.ts";
import { Tidy } from "../../test/tools/tidy.ts";
import { until } from "../../test/tools/until.ts";
import type { Outrider } from "./outrider.ts";

const tidy = new Tidy();

const agentOf = (outrider: Outrider, name: string) => outrider.agent(name).agent as Parrot;
const ready = (outrider: Outrider, ...names: string[]) =>
  until("every agent is ready", () => names.every((name) => outrider.status(name).standing === "ready"));
const ask = async (port: number, path = "/") => (await fetch(`http://127.0.0.1:${port}${path}`)).text();

describe("start", () => {
  it("starts every agent, and says how each is", async () => {
    const { outrider } = await outriderOf(
      tidy,
      "agents:\n  a: { kind: parrot, listen: 127.0.0.1:0 }\n  b: { kind: parrot, required: false, fails: part }\n  c: { kind: parrot, fails: run }",
    );
    expect(await outrider.start()).toMatchObject({ started: ["a", "b", "c"], refused: [] });
    await ready(outrider, "a");
    await until("agent c has failed", () => outrider.status("c").standing === "failed");
    expect(
      outrider.statuses().map(({ name, kind, required, standing }) => [name, kind, required, standing]),
    ).toEqual([
      ["a", "parrot", true, "ready"],
      ["b", "parrot", false, "degraded"],
      ["c", "parrot", true, "failed"],
    ]);
  });

  it("starts nothing if the configuration is wrong", async () => {
    const { outrider, source } = await outriderOf(tidy, "agents:\n  a: { kind: parrot, looks_at: [b] }");
    await expect(outrider.start()).rejects.toMatchObject({ code: "config_invalid" });
    expect([outrider.supervisor.names, existsSync(source.stateDir)]).toEqual([[], false]);
  });

  it("says which agent cannot be created, and starts the others", async () => {
    const { outrider } = await outriderOf(
      tidy,
      "agents:\n  a: { kind: parrot, fails: create }\n  b: { kind: parrot }",
    );
    expect(await outrider.start()).toMatchObject({
      started: ["b"],
      refused: [{ name: "a", reason: "this parrot is no more" }],
    });
    expect(outrider.status("a").standing).toBe("stopped");
  });
});

describe("the state folder", () => {
  it("is locked while it is used, and swept of what a crash left", async () => {
    const { outrider, source } = await outriderOf(tidy, "agents: {}");
    mkdirSync(join(source.stateDir, "snapshots"), { recursive: true });
    const left = join(source.stateDir, "snapshots", "web.snap.77-1.tmp");
    writeFileSync(left, "half");
    await outrider.start();
    expect([existsSync(left), existsSync(join(source.stateDir, "outrider.lock"))]).toEqual([false, true]);
    await outrider.close();
    expect(existsSync(join(source.stateDir, "outrider.lock"))).toBe(false);
  });

  it("that another process uses is a mistake, and nothing starts", async () => {
    const { outrider, source } = await outriderOf(tidy, "agents:\n  a: { kind: parrot }");
    const other = spawn(process.execPath, ["-e", "setInterval(() => {}, 1e6); console.log('up')"]);
    tidy.later(() => void other.kill("SIGKILL"));
    await once(other.stdout, "data");
    const stat = readFileSync(`/proc/${other.pid}/stat`, "utf8");
    mkdirSync(source.stateDir);
    writeFileSync(
      join(source.stateDir, "outrider.lock"),
      `${other.pid} ${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]}\n`,
    );
    await expect(outrider.start()).rejects.toMatchObject({ name: "ConfigProblem", code: "state_in_use" });
    expect(outrider.supervisor.names).toEqual([]);
  });

  it("that cannot be used is logged, and everything is served all the same", async () => {
    const file = join(await folder(tidy), "file");
    writeFileSync(file, "");
    const port = await freePort();
    const { outrider, lines } = await outriderOf(
      tidy,
      `state: { dir: "${file}/state" }\nagents:\n  a: { kind: parrot, listen: "127.0.0.1:${port}" }`,
    );
    await outrider.start();
    await ready(outrider, "a");
    expect(await ask(port)).toBe("hello");
    expect(lines.find(({ level }) => level === "error")?.message).toContain(
      "nothing will outlive the process",
    );
  });
});

describe("reload", () => {
  it("changes what changed and nothing else", async () => {
    const port = await freePort();
    const { outrider, source } = await outriderOf(
      tidy,
      `agents:\n  a: { kind: parrot }\n  b: { kind: parrot, listen: "127.0.0.1:${port}" }\n  c: { kind: parrot }`,
    );
    await outrider.start();
    await ready(outrider, "a", "b", "c");
    const [a, b] = [agentOf(outrider, "a"), agentOf(outrider, "b")];
    source.text = `agents:\n  a: { kind: parrot, required: false }\n  b: { kind: parrot, listen: "127.0.0.1:${port}", says: new }\n  d: { kind: parrot }`;
    expect(await outrider.reload()).toEqual({
      started: ["d"],
      restarted: ["b"],
      stopped: ["c"],
      kept: ["a"],
      refused: [],
      needsRestart: [],
    });
    await ready(outrider, "a", "b", "d");
    expect([agentOf(outrider, "a") === a, agentOf(outrider, "b") === b]).toEqual([true, false]);
    expect([await ask(port), outrider.status("a").required]).toEqual(["new", false]);
    expect(() => outrider.status("c")).toThrow('there is no agent "c"');
  });

  it("changes nothing when it is refused", async () => {
    const { outrider, source, lines } = await outriderOf(tidy, "agents:\n  a: { kind: parrot, says: old }");
    await outrider.start();
    const a = agentOf(outrider, "a");
    for (const text of [
      "agents:\n  a: { kind: parrot, sayz: new }",
      "agents:\n  a: { kind: parrot, says: new, looks_at: [b] }",
      "agents: [",
    ]) {
      source.text = text;
      await expect(outrider.reload()).rejects.toMatchObject({ code: "config_invalid" });
    }
    expect([agentOf(outrider, "a"), outrider.config.agents.get("a")?.config["says"]]).toEqual([a, "old"]);
    expect(lines.filter(({ message }) => message === "configuration reloaded")).toEqual([]);
  });

  it("brings back, with its configuration and its door, what cannot be created anew", async () => {
    const port = await freePort();
    const { outrider, source } = await outriderOf(
      tidy,
      `agents:\n  a: { kind: parrot, listen: "127.0.0.1:${port}" }`,
    );
    await outrider.start();
    await ready(outrider, "a");
    source.text = `agents:\n  a: { kind: parrot, listen: "127.0.0.1:${await freePort()}", fails: create }`;
    expect((await outrider.reload()).refused).toEqual([{ name: "a", reason: "this parrot is no more" }]);
    await ready(outrider, "a");
    expect([await ask(port), outrider.config.agents.get("a")?.config["fails"]]).toEqual(["hello", undefined]);
  });

  it("moves an agent to another address, and closes the old one", async () => {
    const [from, to] = [await freePort(), await freePort()];
    const { outrider, source } = await outriderOf(tidy, `agents:\n  a: { kind: parrot, listen: ":${from}" }`);
    await outrider.start();
    await ready(outrider, "a");
    source.text = `agents:\n  a: { kind: parrot, listen: "127.0.0.1:${from}" }`;
    await outrider.reload();
    await ready(outrider, "a");
    expect([await ask(from), outrider.status("a").restarts]).toEqual(["hello", 0]);
    source.text = `agents:\n  a: { kind: parrot, listen: "127.0.0.1:${to}" }`;
    await outrider.reload();
    await ready(outrider, "a");
    expect(await ask(to)).toBe("hello");
    await expect(ask(from)).rejects.toThrow();
  });

  it("hands an address over from one agent to another without a fall", async () => {
    const port = await freePort();
    const { outrider, source } = await outriderOf(
      tidy,
      `agents:\n  old: { kind: parrot, listen: "127.0.0.1:${port}", finish: 100ms }`,
    );
    await outrider.start();
    await ready(outrider, "old");
    source.text = `agents:\n  heir: { kind: parrot, listen: "127.0.0.1:${port}", says: heir }`;
    await outrider.reload();
    await ready(outrider, "heir");
    expect([await ask(port), outrider.status("heir").restarts]).toEqual(["heir", 0]);
  });

  it("says what only a restart can change, also if it is a secret", async () => {
    const { outrider, source } = await outriderOf(tidy, "admin: { token: one }\nagents: {}");
    await outrider.start();
    source.text = "admin: { token: two }\ngrace: 5s\nlog: { level: debug }\nagents: {}";
    expect((await outrider.reload()).needsRestart).toEqual(["admin"]);
    source.text = `admin: { token: two }\nstate: { dir: "${await folder(tidy)}" }\nagents: {}`;
    // The token is still the one that the process began with.
    expect((await outrider.reload()).needsRestart).toEqual(["admin", "state"]);
  });

  it("forgets the series of an agent that was removed, and keeps those of one that was restarted", async () => {
    const port = await freePort();
    const text = (says: string) =>
      `agents:\n  a: { kind: parrot, listen: "127.0.0.1:${port}", says: ${says} }\n  b: { kind: parrot }`;
    const { outrider, source } = await outriderOf(tidy, text("one"));
    await outrider.start();
    await ready(outrider, "a", "b");
    await ask(port);
    source.text = text("two");
    await outrider.reload();
    await ready(outrider, "a", "b");
    await ask(port);
    expect(await outrider.metrics.text()).toContain(
      'parrot_spoken_total{agent="a",kind="parrot",tone="loud"} 2',
    );
    source.text = "agents:\n  b: { kind: parrot }";
    await outrider.reload();
    expect(await outrider.metrics.text()).not.toContain('agent="a"');
    expect(await outrider.metrics.text()).toContain('parrot_told_total{agent="b",kind="parrot"} 0');
  });
});

describe("control", () => {
  it("stops an agent with its door, and starts it again", async () => {
    const port = await freePort();
    const { outrider } = await outriderOf(
      tidy,
      `agents:\n  a: { kind: parrot, listen: "127.0.0.1:${port}" }`,
    );
    await outrider.start();
    await ready(outrider, "a");
    await outrider.stopAgent("a");
    await expect(ask(port)).rejects.toThrow();
    await outrider.startAgent("a");
    await ready(outrider, "a");
    expect(await ask(port)).toBe("hello");
    const before = agentOf(outrider, "a");
    await outrider.restartAgent("a");
    expect(agentOf(outrider, "a")).not.toBe(before);
  });

  it("asks a running agent for what its kind offers, with checked input", async () => {
    const { outrider } = await outriderOf(tidy, "agents:\n  a: { kind: parrot }");
    await outrider.start();
    expect(await outrider.call("a", "say", { text: "ab", times: 2 })).toEqual({ done: true });
    expect(agentOf(outrider, "a").said).toBe("abab");
    await expect(async () => outrider.call("b", "say", {})).rejects.toMatchObject({ code: "agent_unknown" });
    await expect(outrider.call("a", "sing", {})).rejects.toMatchObject({
      code: "action_unknown",
      message: 'parrot has no action "sing" (known: say, say_hi, tell, fall)',
    });
    await expect(outrider.call("a", "say", { text: "", tmies: 2 })).rejects.toMatchObject({
      code: "input_invalid",
      message: expect.stringContaining('unknown key "tmies" — did you mean "times"?'),
    });
    await outrider.stopAgent("a");
    await expect(outrider.call("a", "say_hi", {})).rejects.toMatchObject({ code: "connect_failed" });
  });
});

describe("close", () => {
  it("ends everything within the grace, busy or not", async () => {
    const port = await freePort();
    const { outrider } = await outriderOf(
      tidy,
      `grace: 200ms\nagents:\n  a: { kind: parrot, listen: "127.0.0.1:${port}", finish: 1h }\n  b: { kind: parrot }`,
    );
    await outrider.start();
    await ready(outrider, "a", "b");
    const began = performance.now();
    await outrider.close();
    expect(performance.now() - began).toBeLessThan(2_000);
    await expect(ask(port)).rejects.toThrow();
    await outrider.close();
  });
});
