import { readdirSync, writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { folder } from "../../tools/folder.ts";
import { type OutriderOptions, startOutrider } from "../../tools/outrider.ts";
import { answerOf, exchange, silentClient } from "../../tools/tcp.ts";
import { Tidy } from "../../tools/tidy.ts";
import { until } from "../../tools/until.ts";

const tidy = new Tidy();
const CROWD = 1_000;
/** Few descriptors, but enough to load the program; see src/cli.ts. */
const FEW = 160;

/** Clients that connect and then neither read nor close. They go away in the end. */
async function crowd(port: number, size: number): Promise<Socket[]> {
  const clients = await Promise.all(Array.from({ length: size }, () => silentClient(port)));
  tidy.later(() => clients.forEach((client) => void client.destroy()));
  return clients;
}

/** How many descriptors a process has open. */
function descriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** How long each of several fresh clients waits for its answer, in milliseconds. */
async function waits(port: number, line: string): Promise<number[]> {
  const all: number[] = [];
  for (let client = 0; client < 20; client++) {
    const { text, firstByte } = await exchange({ port });
    expect(text).toBe(line);
    all.push(firstByte ?? Number.POSITIVE_INFINITY);
  }
  return all.sort((a, b) => a - b);
}

async function started(options: OutriderOptions = {}) {
  const file = join(await folder(tidy), "state.json");
  writeFileSync(file, '{"status":"READY"}');
  const env = { HAPGENT_IP: "127.0.0.1", HAPGENT_PORT: "0", HAPGENT_STATE_FILE: file };
  const outrider = await startOutrider(tidy, { env, ...options });
  await outrider.says("outrider is running");
  return { outrider, port: await outrider.port() };
}

describe("clients that neither read nor close", () => {
  test("1,000 of them do not keep a fresh one waiting, and are not kept for ever", async () => {
    const { outrider, port } = await started();
    const before = descriptors(outrider.pid);
    // Of several tries the best counts: this machine may be busy with something else, and they are let go after a second.
    const medians: number[] = [];
    for (let attempt = 0; attempt < 3 || (medians.length === 0 && attempt < 8); attempt++) {
      await crowd(port, CROWD);
      const areInside = () => descriptors(outrider.pid) >= before + CROWD;
      const all = until("all of them are inside", areInside, { every: 5, within: 1_000 });
      if (await all.catch(() => false)) {
        const sorted = await waits(port, "READY\n");
        medians.push(sorted[sorted.length / 2]!);
      }
      await until("the crowd is let go", () => descriptors(outrider.pid) <= before);
    }
    expect(Math.min(...medians)).toBeLessThan(50);
  });

  test("more than `max_connections` are closed unanswered, and it answers again when they have gone", async () => {
    const agents = {
      web: { kind: "haproxy", listen: "127.0.0.1:0", max_connections: 10, http: true, wait: "2s" },
    };
    const outrider = await startOutrider(tidy, { config: { admin: false, agents } });
    const port = await outrider.port();
    await crowd(port, 10);
    expect(await exchange({ port, send: "\n" })).toMatchObject({ text: "" });
    await until("there is room again", async () => (await answerOf(port, "\n")) === "UP\n");
  });
});

describe("a shortage of file descriptors", () => {
  test("is survived: the state holds, and it answers again when there are some", async () => {
    const { outrider, port } = await started({ shell: `ulimit -n ${FEW}; exec "$@"` });
    const clients = await crowd(port, 2 * FEW);
    await until("it has none left", () => descriptors(outrider.pid) >= FEW - 1);
    outrider.signal("SIGHUP");
    const line = await outrider.line(({ msg }) => msg.startsWith("state file"), {
      from: outrider.lines.length,
    });
    expect(line).toMatchObject({ msg: "state file cannot be used", state: "READY" });
    for (const client of clients) client.destroy();
    await until("it answers again", async () => (await answerOf(port)) === "READY\n");
    const all = await Promise.all(Array.from({ length: 20 }, () => answerOf(port)));
    expect(all.filter((answer) => answer !== "READY\n")).toEqual([]);
    outrider.signal("SIGUSR1");
    await until("it obeys", async () => (await answerOf(port)) === "UP\n");
    expect((await outrider.stop()).status).toBe(0);
  });
});
