import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { folder } from "../../tools/folder.ts";
import { type Haproxy, startHaproxy } from "../../tools/haproxy.ts";
import { describeWith } from "../../tools/needs.ts";
import { type OutriderProcess, runOutrider, startOutrider } from "../../tools/outrider.ts";
import { freePort } from "../../tools/ports.ts";
import { Tidy } from "../../tools/tidy.ts";
import { until } from "../../tools/until.ts";

const listen = "127.0.0.1:0";

describeWith("haproxy")("outrider doctor haproxy", () => {
  const tidy = new Tidy("all");
  let outrider: OutriderProcess;
  let haproxy: Haproxy;
  let admin = "";

  const doctor = (...args: string[]) => runOutrider(tidy, { args: ["doctor", "haproxy", ...args] });

  beforeAll(async () => {
    const agents = {
      web: { kind: "haproxy", listen, mode: "complete", services: { s1: {}, s2: {} } },
      idle: { kind: "haproxy", listen },
    };
    outrider = await startOutrider(tidy, { config: { admin: { listen }, agents } });
    admin = `http://${(await outrider.says("outrider is running"))["admin"]}`;
    const check = (name: string, port: number, weight: number) =>
      `server ${name} 127.0.0.1:1 weight ${weight} agent-check agent-addr 127.0.0.1 agent-port ${port} agent-inter 200ms`;
    haproxy = await startHaproxy(
      tidy,
      `backend be
        ${check("s1", await outrider.port("web"), 100)} agent-send "s1\\n"
        ${check("s2", await outrider.port("web"), 1)} agent-send "s2\\n"
      backend other
        ${check("idle", await outrider.port("idle"), 100)} agent-send "idle\\n"`,
    );
    await until("every agent is heard", async () =>
      [...(await haproxy.atRest()).values()].every(({ agentStatus }) => agentStatus === "L7OK"),
    );
  });

  test("nothing is wrong: status 0", async () => {
    const { status, stdout, stderr } = await doctor("--socket", haproxy.socket, "--admin", admin);
    expect({ status, stdout, stderr }).toEqual({
      status: 0,
      stdout: "nothing is wrong (be/s1, be/s2, other/idle)\n",
      stderr: "",
    });
  });

  test("findings with severity, place, what and remedy: status 1", async () => {
    await haproxy.ask("set server be/s1 state maint");
    await outrider.api("/api/agents/web/actions/set", { service: "s2", weight: 50 });
    await until("the weight is heard", async () => (await haproxy.server("be/s2")).uweight === 0);
    const { status, stdout } = await doctor("--socket", haproxy.socket, "--admin", admin);
    expect(status).toBe(1);
    expect(stdout.split("\n")).toEqual([
      "warning  be/s1: HAProxy shows maint, the agent says `up 100%`",
      expect.stringContaining("`set server be/s1 state ready`"),
      "error    be/s2: 50% of its configured weight 1 is 0: it gets nothing",
      expect.stringContaining("Configure `weight 100`"),
      "",
    ]);
    await haproxy.ask("set server be/s1 state ready");
    await outrider.api("/api/agents/web/actions/set", { service: "s2", weight: 100 });
    await until("the weight is heard", async () => (await haproxy.server("be/s2")).uweight === 1);
  });

  test("an agent that has gone, found without asking any", async () => {
    const dead = await freePort();
    await haproxy.ask(`set server other/idle agent-port ${dead}`);
    await until("it is missed", async () => (await haproxy.server("other/idle")).agentStatus === "L4CON");
    const env = { OUTRIDER_ADMIN: `http://127.0.0.1:${await freePort()}` };
    const args = ["doctor", "haproxy", "--socket", haproxy.socket];
    const { status, stdout, stderr } = await runOutrider(tidy, { args, env });
    expect(status).toBe(1);
    expect(stdout).toContain("error    other/idle: nobody listens where HAProxy asks (L4CON)");
    expect(stderr).toContain("no Outrider answers, so HAProxy is looked at alone");
    const both = await doctor("--socket", haproxy.socket, "--admin", admin);
    expect(both.stdout).toContain("warning  idle: no server of this HAProxy asks it");
    await haproxy.ask(`set server other/idle agent-port ${await outrider.port("idle")}`);
    await until("it is back", async () => (await haproxy.server("other/idle")).agentStatus === "L7OK");
  });

  test("from a file with statistics", async () => {
    const file = join(await folder(tidy), "stats.csv");
    writeFileSync(file, await haproxy.ask("show stat"));
    const { status, stdout } = await doctor("--stats", file, "--admin", admin);
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: "nothing is wrong (be/s1, be/s2, other/idle)\n",
    });
    writeFileSync(file, (await haproxy.ask("show stat")).replaceAll("L7OK", "L7RSP"));
    expect((await doctor("--stats", file, "--admin", admin)).status).toBe(1);
  });

  test("no answer from HAProxy, or from the Outrider that was named: status 69", async () => {
    const none = join(await folder(tidy), "none.sock");
    expect(await doctor("--socket", none, "--admin", admin)).toMatchObject({
      status: 69,
      stderr: expect.stringContaining(`cannot ask ${none}: ENOENT`),
    });
    const nobody = `http://127.0.0.1:${await freePort()}`;
    expect(await doctor("--socket", haproxy.socket, "--admin", nobody)).toMatchObject({ status: 69 });
  });

  test.each([
    [["haproxy"], "give --socket or --stats"],
    [["haproxy", "--socket", "x", "--stats", "y"], "give --socket or --stats"],
    [["haproxy", "--stats", "/dev/null"], "no statistics CSV"],
    [["celery", "--socket", "x"], 'there is no doctor for "celery"'],
  ])("a wrong command line, %o: status 64", async (args, why) => {
    const { status, stderr } = await runOutrider(tidy, { args: ["doctor", ...args] });
    expect({ status, stderr }).toEqual({ status: 64, stderr: expect.stringContaining(why) });
  });
});
