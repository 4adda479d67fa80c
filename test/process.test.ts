import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { Cli } from "./tools/cli.ts";
import { freePort } from "./tools/servers.ts";
import { until } from "./tools/soon.ts";
import { folder } from "./tools/temp.ts";

/** A folder with a configuration of one haproxy agent, whose state is `word`. */
async function setting(more = "") {
  const path = folder();
  const [port, admin] = [await freePort(), await freePort()];
  const config = join(path, "outrider.yaml");
  writeFileSync(join(path, "state.json"), '{"status":"UP"}');
  const text = (listen: number) =>
    `admin: { listen: "127.0.0.1:${admin}" }\nstate: { dir: "${path}/state" }\ngrace: 2s\n${more}agents:\n  web: { kind: haproxy, listen: "127.0.0.1:${listen}", from: { file: "${path}/state.json" } }\n`;
  writeFileSync(config, text(port));
  return { path, port, admin, config, text };
}

const standing = async (admin: number) => {
  const answer = await fetch(`http://127.0.0.1:${admin}/api/agents/web`);
  return ((await answer.json()) as { standing: string }).standing;
};
const ready = (admin: number) => until(async () => (await standing(admin)) === "ready", 10_000);

describe("the process", () => {
  it("runs, reloads on SIGHUP, and ends with 0 on SIGTERM, leaving no lock", async () => {
    const { config, admin, path, text } = await setting();
    const cli = new Cli(["run", config]);
    await cli.says("outrider is running");
    await ready(admin);
    const moved = await freePort();
    writeFileSync(config, text(moved));
    cli.signal("SIGHUP");
    await cli.says("configuration reloaded");
    await cli.says(`"address":"127.0.0.1:${moved}"`);
    writeFileSync(config, "agents: [");
    cli.signal("SIGHUP");
    await cli.says("reload refused, everything runs as before");
    expect(await standing(admin)).toBe("ready");
    cli.signal("SIGTERM");
    expect(await cli.ended).toBe(0);
    expect(existsSync(join(path, "state", "outrider.lock"))).toBe(false);
    expect(cli.err.trim().split("\n").at(-1)).toContain("stopped");
  });

  it("ends at once on a second signal", async () => {
    const { config } = await setting();
    writeFileSync(
      config,
      readFileSync(config, "utf8").replace("from:", "drain: { min: 1h, max: 1h }, grace: 1h, from:"),
    );
    const cli = new Cli(["run", config]);
    await cli.says("answering agent checks");
    cli.signal("SIGINT");
    await cli.says("draining before leaving");
    cli.signal("SIGINT");
    expect(await cli.ended).toBe(130);
  });

  it("ends with 78 when another process uses its state, which goes on", async () => {
    const { config, admin } = await setting();
    const first = new Cli(["run", config]);
    await first.says("outrider is running");
    const second = new Cli(["run", config]);
    expect(await second.ended).toBe(78);
    expect(second.err).toContain(`is in use by process ${first.child.pid}`);
    expect(await standing(admin)).toBe("ready");
  });

  it("takes its state over after kill -9", async () => {
    const { config, path } = await setting();
    const first = new Cli(["run", config]);
    await first.says("outrider is running");
    first.signal("SIGKILL");
    await first.ended;
    expect(existsSync(join(path, "state", "outrider.lock"))).toBe(true);
    const second = new Cli(["run", config]);
    await second.says("outrider is running");
  });

  it("ends with 78 and every mistake when its configuration is wrong", async () => {
    const path = join(folder(), "outrider.yaml");
    writeFileSync(path, "agents:\n  a: { kind: haproxi }\n  b: { kind: haproxy, listen: 80 }\n");
    const cli = new Cli(["run", path]);
    expect(await cli.ended).toBe(78);
    expect(cli.err.trim().split("\n")).toEqual([
      `${path}:2:14  agents.a.kind: there is no kind "haproxi" — did you mean "haproxy"?`,
      `${path}:3:31  agents.b.listen: expected an address, such as "127.0.0.1:8080" or ":8080"`,
    ]);
  });

  it("ends when the admin address is taken: half a process would be worse than none", async () => {
    const { config, admin } = await setting();
    const server = createServer().listen(admin, "127.0.0.1");
    onTestFinished(() => void server.close());
    const cli = new Cli(["run", config]);
    expect(await cli.ended).toBe(1);
    expect(cli.err).toContain(`cannot listen on 127.0.0.1:${admin}`);
  });

  it("serves without state where its folder cannot be written", async () => {
    const { config, admin, path } = await setting();
    writeFileSync(join(path, "state"), "in the way");
    const cli = new Cli(["run", config]);
    await cli.says("state folder cannot be used, nothing will outlive the process");
    // It says so, too: what an operator overrides cannot be remembered.
    await until(async () => (await standing(admin)) === "degraded");
    expect((await fetch(`http://127.0.0.1:${admin}/readyz`)).status).toBe(200);
  });

  it("tells systemd when it is ready and when it stops", async () => {
    const { config, path } = await setting();
    const bin = join(path, "bin");
    mkdirSync(bin);
    writeFileSync(join(bin, "systemd-notify"), `#!/bin/sh\necho "$@" >> ${path}/told\n`);
    chmodSync(join(bin, "systemd-notify"), 0o755);
    const cli = new Cli(["run", config], {
      env: { NOTIFY_SOCKET: "/run/x", WATCHDOG_USEC: "200000", PATH: `${bin}:${process.env["PATH"]}` },
    });
    const told = () => (existsSync(`${path}/told`) ? readFileSync(`${path}/told`, "utf8") : "");
    await until(() => told().includes(`--pid=${cli.child.pid} --ready`));
    await until(() => (told().match(/WATCHDOG=1/g)?.length ?? 0) >= 2);
    cli.signal("SIGTERM");
    expect(await cli.ended).toBe(0);
    await until(() => told().includes("STOPPING=1"));
    expect(told().match(/--ready/g)).toHaveLength(1);
  });

  it("keeps nobody's signal from before it listened", async () => {
    const { config, path } = await setting();
    const cli = new Cli(["run", config]);
    await caught(cli.child.pid!);
    cli.signal("SIGUSR2");
    await cli.says("outrider is running");
    await until(() => JSON.parse(readFileSync(join(path, "state.json"), "utf8")).status === "DOWN");
  });
});

/** Resolves when the process has a handler for SIGHUP, which is the last that its first line installs. */
async function caught(pid: number): Promise<void> {
  await until(() => {
    const mask = /^SigCgt:\s*(\w+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "0";
    return (BigInt(`0x${mask}`) & 1n) === 1n;
  });
}

describe("SIGUSR1", () => {
  it("neither opens the inspector nor ends the process, from its first line on", async () => {
    const { config, admin, path } = await setting();
    const cli = new Cli(["run", config]);
    await caught(cli.child.pid!);
    let sent = 0;
    const sending = setInterval(() => {
      cli.signal("SIGUSR1");
      sent++;
    }, 1);
    onTestFinished(() => clearInterval(sending));
    await cli.says("outrider is running");
    await ready(admin);
    const before = sent;
    await until(() => sent > before + 50);
    clearInterval(sending);
    expect(cli.err).not.toMatch(/Debugger listening|inspector/i);
    writeFileSync(join(path, "state.json"), '{"status":"DOWN"}');
    cli.signal("SIGUSR1");
    await until(() => JSON.parse(readFileSync(join(path, "state.json"), "utf8")).status === "UP");
    cli.signal("SIGTERM");
    expect(await cli.ended).toBe(0);
  });

  it("has its handler before anything else is imported", () => {
    const source = readFileSync(new URL("../src/cli.ts", import.meta.url), "utf8");
    const code = source.split("\n").filter((line) => line.trim() !== "" && !/^(#!|\/\/)/.test(line));
    expect(code).toEqual([
      'import { catchSignals } from "./runtime/signals.ts";',
      "const signals = catchSignals();",
      'const { main } = await import("./cli/main.ts");',
      "process.exitCode = await main(process.argv.slice(2), signals);",
    ]);
    const catcher = readFileSync(new URL("../src/runtime/signals.ts", import.meta.url), "utf8");
    expect(catcher).not.toMatch(/^\s*(import|export .* from)/m);
  });
});
