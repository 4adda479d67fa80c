import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { expect, it } from "vitest";
import { folder } from "../../tools/folder.ts";
import { LeekStandIn } from "../../tools/leek-api.ts";
import { describeWith, find } from "../../tools/needs.ts";
import { cli } from "../../tools/outrider.ts";
import { RedisServer } from "../../tools/redis.ts";
import { Tidy } from "../../tools/tidy.ts";
import { until } from "../../tools/until.ts";

const tidy = new Tidy();

/** Asks supervisord as Leek's API does: XML-RPC over its socket. Source: leek §10.1. */
function call(socketPath: string, method: string): Promise<string> {
  const body = `<?xml version="1.0"?><methodCall><methodName>supervisor.${method}</methodName><params><param><value><string>agent</string></value></param></params></methodCall>`;
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "text/xml", "content-length": body.length };
    const asked = request({ socketPath, path: "/RPC2", method: "POST", headers }, (answer) => {
      let said = "";
      answer.setEncoding("utf8").on("data", (text: string) => (said += text));
      answer.on("end", () => resolve(said));
    });
    asked.on("error", reject).end(body);
  });
}

function fieldOf(answer: string, name: string): string | undefined {
  return new RegExp(`<name>${name}</name>\\s*<value><\\w+>([^<]*)<`).exec(answer)?.[1];
}

describeWith("supervisord")("as a program of supervisord", () => {
  it("is stopped, started and shown as the program that Leek's API knows", { timeout: 60_000 }, async () => {
    const [redis, leek] = [await RedisServer.start(tidy), await LeekStandIn.start(tidy)];
    const home = await folder(tidy);
    const socket = join(home, "s.sock");
    const subscriptions = [
      {
        broker: `${redis.url}/2`,
        broker_management_url: "-",
        exchange: "celeryev",
        queue: "leek.fanout",
        routing_key: "#",
        org_name: "mono",
        app_name: "leek",
        app_env: "prod",
        app_key: "app-KEY",
        api_url: leek.url,
      },
    ];
    const file = join(home, "subscriptions.json");
    writeFileSync(file, JSON.stringify(subscriptions));
    const run = join(home, "run.sh");
    const env = `LEEK_ENABLE_AGENT=true LEEK_AGENT_SUBSCRIPTIONS_FILE=${file} STATE_DIRECTORY=${home}`;
    writeFileSync(run, `#!/bin/sh\ncd ${home} && exec env ${env} ${process.execPath} ${cli} run\n`, {
      mode: 0o755,
    });
    const config = join(home, "supervisord.conf");
    writeFileSync(
      config,
      `[unix_http_server]
file=${socket}
[supervisord]
nodaemon=true
logfile=${home}/supervisord.log
pidfile=${home}/supervisord.pid
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[program:agent]
command=${run}
autostart=false
autorestart=unexpected
exitcodes=0
startsecs=0
stdout_logfile=${home}/agent.log
redirect_stderr=true
`,
    );
    const child = spawn(find("supervisord")!, ["-c", config], {
      stdio: "ignore",
      env: { PATH: process.env["PATH"] },
    });
    tidy.later(async () => {
      const gone = once(child, "exit");
      child.kill("SIGTERM");
      await gone;
    });
    const info = () => call(socket, "getProcessInfo");
    await until("supervisord answers", async () => fieldOf(await info(), "statename") === "STOPPED");
    const client = await redis.client(tidy);
    const listening = (count: number) =>
      until(`${count} listen`, async () => (await client.command("PUBSUB", "NUMPAT")) === count);
    for (let round = 0; round < 2; round++) {
      await call(socket, "startProcess");
      await listening(1);
      expect(fieldOf(await info(), "statename")).toBe("RUNNING");
      const body = Buffer.from(
        JSON.stringify({
          type: "task-started",
          uuid: `t-${round}`,
          timestamp: 1,
          utcoffset: 0,
          pid: 1,
          clock: 1,
        }),
      ).toString("base64");
      const envelope = { body, "content-type": "application/json", properties: { body_encoding: "base64" } };
      await client.command("PUBLISH", "/2.celeryev/task.started", JSON.stringify(envelope));
      const began = Date.now();
      await until("it is received", async () => (await client.command("PUBSUB", "NUMPAT")) === 1);
      await call(socket, "stopProcess");
      expect(Date.now() - began).toBeLessThan(10_000);
      const stopped = await info();
      expect([fieldOf(stopped, "statename"), fieldOf(stopped, "exitstatus")]).toEqual(["STOPPED", "0"]);
      await listening(0);
      // What it held is posted, now or at the next start.
      if (round === 1) expect(leek.states().has("t-0")).toBe(true);
    }
  });
});
