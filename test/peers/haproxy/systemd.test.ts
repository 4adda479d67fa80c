import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { folder } from "../../tools/folder.ts";
import { describeIf, find } from "../../tools/needs.ts";
import { startOutrider } from "../../tools/outrider.ts";
import { Tidy } from "../../tools/tidy.ts";
import { until } from "../../tools/until.ts";

const tidy = new Tidy();
const installed = ["python3", "systemd-notify"].every((program) => find(program) !== undefined);

/** What systemd would hear. Node has no datagram sockets for files, so Python listens. */
async function manager(): Promise<{ path: string; heard: string[] }> {
  const path = join(await folder(tidy), "notify");
  const script = fileURLToPath(new URL("../../tools/notify-socket.py", import.meta.url));
  const listener = spawn("python3", [script, path], { stdio: ["ignore", "pipe", "inherit"] });
  const gone = new Promise((resolve) => listener.on("close", resolve));
  tidy.later(async () => {
    listener.kill();
    await gone;
  });
  const heard: string[] = [];
  createInterface({ input: listener.stdout }).on("line", (line) => heard.push(JSON.parse(line) as string));
  await until("it listens", () => heard.includes("listening"));
  return { path, heard };
}

describeIf(installed, "python3 or systemd-notify is not installed")("under systemd", () => {
  test("it is told when we are ready, that we live, and that we stop; by our own process id", async () => {
    const { path, heard } = await manager();
    const env = {
      HAPGENT_IP: "127.0.0.1",
      HAPGENT_PORT: "0",
      HAPGENT_STATE_FILE: "/dev/null",
      NOTIFY_SOCKET: path,
      WATCHDOG_USEC: "400000",
    };
    const outrider = await startOutrider(tidy, { env });
    const told = (word: string, times = 1) =>
      until(word, () => heard.filter((message) => message.split("\n").includes(word)).length >= times);
    await told("READY=1");
    await told(`MAINPID=${outrider.pid}`);
    await told("WATCHDOG=1", 3);
    await outrider.stop();
    await told("STOPPING=1");
    expect(heard.indexOf("listening")).toBe(0);
  });

  test("nothing is said of readiness while an agent cannot come up", async () => {
    const { path, heard } = await manager();
    const first = await startOutrider(tidy, {
      config: { admin: false, agents: { web: { kind: "haproxy", listen: "127.0.0.1:0" } } },
    });
    const listen = `127.0.0.1:${await first.port()}`;
    const second = await startOutrider(tidy, {
      config: { admin: false, agents: { web: { kind: "haproxy", listen } } },
      env: { NOTIFY_SOCKET: path },
    });
    await second.says("agent fell");
    expect(heard).toEqual(["listening"]);
    await first.stop();
    await until("it is ready now", () => heard.some((message) => message.includes("READY=1")), {
      within: 20_000,
    });
  });
});
