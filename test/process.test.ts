import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { folder } from "./tools/folder.ts";
import { type OutriderOptions, startOutrider } from "./tools/outrider.ts";
import { freePort } from "./tools/ports.ts";
import { Tidy } from "./tools/tidy.ts";
import { until } from "./tools/until.ts";

const tidy = new Tidy();

/** A folder with a configuration of one haproxy agent, whose state is `word`. */
async function setting(more = "") {
  const path = await folder(tidy);
  const [port, admin] = [await freePort(), await freePort()];
  const config = join(path, "outrider.yaml");
  writeFileSync(join(path, "state.json"), '{"status":"UP"}');
  const text = (listen: number) =>
    `admin: { listen: "127.0.0.1:${admin}" }\nstate: { dir: "${path}/state" }\ngrace: 2s\n${more}agents:\n  web: { kind: haproxy, listen: "127.0.0.1:${listen}", from: { file: "${path}/state.json" } }\n`;
  writeFileSync(config, text(port));
  return { path, port, admin, config, text };
}

const run = (config: string, more: OutriderOptions = {}) =>
  startOutrider(tidy, { args: ["run", config], ...more });

const standing = async (admin: number) => {
  const answer = await fetch(`http://127.0.0.1:${admin}/api/agents/web`);
  return ((await answer.json()) as { standing: string }).standing;
};
const ready = (admin: number) => until("agent web is ready", async () => (await standing(admin)) === "ready");

describe("the process", () => {
  it("runs, reloads on SIGHUP, and ends with 0 on SIGTERM, leaving no lock", async () => {
    const { config, admin, path, text } = await setting();
    const outrider = await run(config);
    await outrider.says("outrider is running");
    await ready(admin);
    const moved = await freePort();
    writeFileSync(config, text(moved));
    outrider.signal("SIGHUP");
    await outrider.says("configuration reloaded");
    await outrider.line(({ address }) => address === `127.0.0.1:${moved}`);
    writeFileSync(config, "agents: [");
    outrider.signal("SIGHUP");
    await outrider.says("reload refused, everything runs as before");
    expect(await standing(admin)).toBe("ready");
    outrider.signal("SIGTERM");
    expect(await outrider.ended).toMatchObject({ status: 0 });
    expect(existsSync(join(path, "state", "outrider.lock"))).toBe(false);
    expect(outrider.stderr.trim().split("\n").at(-1)).toContain("stopped");
  });

  it("ends at once on a second signal", async () => {
    const { config } = await setting();
    writeFileSync(
      config,
      readFileSync(config, "utf8").replace("from:", "drain: { min: 1h, max: 1h }, grace: 1h, from:"),
    );
    const outrider = await run(config);
    await outrider.says("answering agent checks");
    outrider.signal("SIGINT");
    await outrider.says("draining before leaving");
    outrider.signal("SIGINT");
    expect(await outrider.ended).toMatchObject({ status: 130 });
  });

  it("ends with 78 when another process uses its state, which goes on", async () => {
    const { config, admin } = await setting();
    const first = await run(config);
    await first.says("outrider is running");
    const second = await run(config);
    expect(await second.ended).toMatchObject({ status: 78 });
    expect(second.stderr).toContain(`is in use by process ${first.pid}`);
    expect(await standing(admin)).toBe("ready");
  });

  it("takes its state over after kill -9", async () => {
    const { config, path } = await setting();
    const first = await run(config);
    await first.says("outrider is running");
    first.signal("SIGKILL");
    await first.ended;
    expect(existsSync(join(path, "state", "outrider.lock"))).toBe(true);
    const second = await run(config);
    await second.says("outrider is running");
  });

  it("ends with 78 and every mistake when its configuration is wrong", async () => {
    const path = join(await folder(tidy), "outrider.yaml");
    writeFileSync(path, "agents:\n  a: { kind: haproxi }\n  b: { kind: haproxy, listen: 80 }\n");
    const outrider = await run(path);
    expect(await outrider.ended).toMatchObject({ status: 78 });
    expect(outrider.stderr.trim().split("\n")).toEqual([
      `${path}:2:14  agents.a.kind: there is no kind "haproxi" — did you mean "haproxy"?`,
      `${path}:3:31  agents.b.listen: expected an address, such as "127.0.0.1:8080" or ":8080"`,
    ]);
  });

  it("ends when the admin address is taken: half a process would be worse than none", async () => {
    const { config, admin } = await setting();
    const server = createServer().listen(admin, "127.0.0.1");
    tidy.later(() => void server.close());
    const outrider = await run(config);
    expect(await outrider.ended).toMatchObject({ status: 1 });
    expect(outrider.stderr).toContain(`cannot listen on 127.0.0.1:${admin}`);
  });

  it("serves without state where its folder cannot be written", async () => {
    const { config, admin, path } = await setting();
    writeFileSync(join(path, "state"), "in the way");
    const outrider = await run(config);
    await outrider.says("state folder cannot be used, nothing will outlive the process");
    // It says so, too: what an operator overrides cannot be remembered.
    await until("agent web is degraded", async () => (await standing(admin)) === "degraded");
    expect((await fetch(`http://127.0.0.1:${admin}/readyz`)).status).toBe(200);
  });

  it("tells systemd when it is ready and when it stops", async () => {
    const { config, path } = await setting();
    const bin = join(path, "bin");
    mkdirSync(bin);
    writeFileSync(join(bin, "systemd-notify"), `#!/bin/sh\necho "$@" >> ${path}/told\n`);
    chmodSync(join(bin, "systemd-notify"), 0o755);
    const outrider = await run(config, {
      env: { NOTIFY_SOCKET: "/run/x", WATCHDOG_USEC: "200000", PATH: `${bin}:${process.env["PATH"]}` },
    });
    const told = () => (existsSync(`${path}/told`) ? readFileSync(`${path}/told`, "utf8") : "");
    await until("systemd is told that it is ready", () => told().includes(`--pid=${outrider.pid} --ready`));
    await until("systemd got two signs of life", () => (told().match(/WATCHDOG=1/g)?.length ?? 0) >= 2);
    outrider.signal("SIGTERM");
    expect(await outrider.ended).toMatchObject({ status: 0 });
    await until("systemd is told that it stops", () => told().includes("STOPPING=1"));
    expect(told().match(/--ready/g)).toHaveLength(1);
  });

  it("keeps nobody's signal from before it listened", async () => {
    const { config, path } = await setting();
    const outrider = await run(config);
    await caught(outrider.pid);
    outrider.signal("SIGUSR2");
    await outrider.says("outrider is running");
    await until(
      "the state is saved",
      () => JSON.parse(readFileSync(join(path, "state.json"), "utf8")).status === "DOWN",
    );
  });
});

/** Resolves when the process has a handler for SIGHUP, which is the last that its first line installs. */
async function caught(pid: number): Promise<void> {
  await until("the signals are caught", () => {
    const mask = /^SigCgt:\s*(\w+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "0";
    return (BigInt(`0x${mask}`) & 1n) === 1n;
  });
}

describe("SIGUSR1", () => {
  it("neither opens the inspector nor ends the process, from its first line on", async () => {
    const { config, admin, path } = await setting();
    const outrider = await run(config);
    await caught(outrider.pid);
    let sent = 0;
    const sending = setInterval(() => {
      outrider.signal("SIGUSR1");
      sent++;
    }, 1);
    tidy.later(() => clearInterval(sending));
    await outrider.says("outrider is running");
    await ready(admin);
    const before = sent;
    await until("50 more were sent", () => sent > before + 50);
    clearInterval(sending);
    expect(outrider.stderr).not.toMatch(/Debugger listening|inspector/i);
    writeFileSync(join(path, "state.json"), '{"status":"DOWN"}');
    outrider.signal("SIGUSR1");
    await until(
      "the state is saved",
      () => JSON.parse(readFileSync(join(path, "state.json"), "utf8")).status === "UP",
    );
    outrider.signal("SIGTERM");
    expect(await outrider.ended).toMatchObject({ status: 0 });
  });
});
