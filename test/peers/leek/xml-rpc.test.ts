import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { celery } from "../../../src/agents/celery/index.ts";
import type { AgentKind } from "../../../src/core/agent.ts";
import { folder } from "../../tools/folder.ts";
import { outriderOf } from "../../tools/in-process.ts";
import { LeekStandIn } from "../../tools/leek-api.ts";
import { describeWith } from "../../tools/needs.ts";
import { RedisServer } from "../../tools/redis.ts";
import { Tidy } from "../../tools/tidy.ts";
import { until } from "../../tools/until.ts";

const tidy = new Tidy();
const run = promisify(execFile);

/** An agent that answers as supervisord does, with one subscription. */
async function supervised() {
  const [redis, leek] = [await RedisServer.start(tidy), await LeekStandIn.start(tidy)];
  const socket = join(await folder(tidy), "supervisor.sock");
  const agent = {
    kind: "celery",
    supervisord: `unix:${socket}`,
    subscriptions: {
      fixed: {
        "leek-prod": {
          from: { redis: { url: redis.url } },
          to: { leek: { url: leek.url, app: "leek", key: "app-KEY" } },
        },
      },
    },
  };
  const text = `agents: ${JSON.stringify({ leek: agent })}\n`;
  const { outrider } = await outriderOf(tidy, text, [celery] as unknown as AgentKind[]);
  await outrider.start();
  const client = await redis.client(tidy);
  const listening = async (count: number) =>
    until(`${count} listen`, async () => (await client.command("PUBSUB", "NUMPAT")) === count);
  await listening(1);
  return { socket, listening };
}

/** What supervisorctl prints; it ends with another status than 0 where a program is stopped, or not there. */
async function ctl(socket: string, ...words: string[]): Promise<string> {
  const config = join(await folder(tidy), "supervisorctl.conf");
  writeFileSync(config, `[supervisorctl]\nserverurl = unix://${socket}\n`);
  const ended = await run("supervisorctl", ["-c", config, ...words]).catch(
    (error: { stdout: string }) => error,
  );
  return ended.stdout.trim();
}

/** Asks as Leek's API does, with supervisor's own transport and one client for all calls. Prints each answer as JSON. */
const asLeek = `
import json, sys, xmlrpc.client
from supervisor.xmlrpc import SupervisorTransport
server = xmlrpc.client.ServerProxy("http://localhost", transport=SupervisorTransport(None, None, serverurl="unix://" + sys.argv[1]))
for method, *params in json.loads(sys.argv[2]):
    try:
        print(json.dumps(getattr(server.supervisor, method)(*params)))
    except xmlrpc.client.Fault as fault:
        print(json.dumps([fault.faultCode, fault.faultString]))
`;

async function ask(socket: string, ...calls: readonly (readonly string[])[]): Promise<unknown[]> {
  const { stdout } = await run("/usr/bin/python3", ["-c", asLeek, socket, JSON.stringify(calls)]);
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
}

describeWith("supervisorctl")("asked as supervisord", () => {
  it("is shown, stopped and started by Leek's calls, with the faults that it knows", async () => {
    const { socket, listening } = await supervised();
    const [running, again] = await ask(socket, ["getProcessInfo", "agent"], ["startProcess", "agent"]);
    expect(running).toMatchObject({
      name: "agent",
      group: "agent",
      state: 20,
      statename: "RUNNING",
      pid: process.pid,
      description: expect.stringMatching(/^pid \d+, uptime 0:00:\d\d$/),
    });
    // Every field that the page of Leek reads.
    const fields = "start stop now spawnerr exitstatus logfile stdout_logfile stderr_logfile".split(" ");
    expect(Object.keys(running as object)).toEqual(expect.arrayContaining(fields));
    expect(again).toEqual([60, "ALREADY_STARTED: agent"]);
    const stopped = await ask(
      socket,
      ["stopProcess", "agent"],
      ["getProcessInfo", "agent"],
      ["stopProcess", "agent"],
      ["getProcessInfo", "web"],
      ["shutdown"],
      ["getProcessInfo"],
    );
    expect(stopped).toEqual([
      true,
      expect.objectContaining({ state: 0, statename: "STOPPED", pid: 0 }),
      [70, "NOT_RUNNING: agent"],
      [10, "BAD_NAME: web"],
      [1, "UNKNOWN_METHOD: supervisor.shutdown"],
      [2, "INCORRECT_PARAMETERS"],
    ]);
    await listening(0);
    expect(await ask(socket, ["startProcess", "agent"])).toEqual([true]);
    await listening(1);
  });

  it("is driven by the real supervisorctl", async () => {
    const { socket, listening } = await supervised();
    expect(await ctl(socket, "status")).toMatch(/^agent\s+RUNNING\s+pid \d+, uptime/);
    expect(await ctl(socket, "stop", "agent")).toBe("agent: stopped");
    await listening(0);
    expect(await ctl(socket, "status", "agent")).toMatch(/^agent\s+STOPPED/);
    expect(await ctl(socket, "stop", "agent")).toBe("agent: ERROR (not running)");
    expect(await ctl(socket, "start", "agent")).toBe("agent: started");
    await listening(1);
    expect(await ctl(socket, "restart", "agent")).toBe("agent: stopped\nagent: started");
    expect(await ctl(socket, "start", "web")).toBe("web: ERROR (no such process)");
    expect(await ctl(socket, "pid", "agent")).toBe(String(process.pid));
  });
});
