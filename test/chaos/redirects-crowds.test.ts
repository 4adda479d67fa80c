import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { expect, test } from "vitest";
import { startApp } from "../tools/app.ts";
import { describeIf } from "../tools/needs.ts";
import { type OutriderProcess, startOutrider } from "../tools/outrider.ts";
import { exchange, parseResponse } from "../tools/raw-http.ts";
import { rulesFile } from "../tools/shop.ts";
import { Tidy } from "../tools/tidy.ts";
import { until } from "../tools/until.ts";

const tidy = new Tidy();

const CROWD = 10_000;
/** Each client takes one descriptor here and one in the program, which both have so many; both need some besides. */
const DESCRIPTORS = Number(execFileSync("sh", ["-c", "ulimit -n"]).toString()) || Number.POSITIVE_INFINITY;
const NEEDED = CROWD + 300;

const rules = {
  redirects: [{ source: "/old", target: "/new" }],
  pages: [{ path: "/page", content: "x".repeat(50_000) }],
};

async function started() {
  const app = await startApp(tidy, (_, response) => response.end("app"));
  const shop = {
    kind: "redirects",
    listen: "127.0.0.1:0",
    from: { file: await rulesFile(tidy, rules) },
    upstream: app.url,
  };
  const outrider = await startOutrider(tidy, { config: { admin: false, agents: { shop } } });
  const { address } = await outrider.says("serving redirects");
  return { outrider, port: Number(String(address).split(":").at(-1)) };
}

/** Clients that say something and then neither read nor go on. They go away in the end. */
async function crowd(port: number, size: number, words: string): Promise<Socket[]> {
  const clients = Array.from({ length: size }, () => createConnection(port, "127.0.0.1"));
  tidy.later(() => clients.forEach((client) => void client.destroy()));
  await Promise.all(
    clients.map(
      (client) =>
        new Promise<void>((resolve, reject) => {
          client.pause().on("error", reject);
          client.on("connect", () => client.write(words, () => resolve()));
        }),
    ),
  );
  for (const client of clients) client.removeAllListeners("error").on("error", () => {});
  return clients;
}

function descriptors({ pid }: OutriderProcess): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

async function median(port: number, path: string, status: number): Promise<number> {
  const waits: number[] = [];
  for (let client = 0; client < 21; client++) {
    const began = performance.now();
    const text = await exchange(port, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    waits.push(performance.now() - began);
    expect(parseResponse(text).status).toBe(status);
  }
  return waits.sort((a, b) => a - b)[10]!;
}

const ASK = "HTTP/1.1\r\nHost: x\r\n";

describeIf(
  DESCRIPTORS >= NEEDED,
  `a process may have ${DESCRIPTORS} files open, and the crowd needs ${NEEDED} (ulimit -n)`,
)("slow clients", () => {
  test.each([
    [CROWD, "say nothing", ""],
    [CROWD, "stop in the middle of a head", `GET /old ${ASK}X-Slow: `],
    [CROWD, "stop in the middle of a body that nobody wants", `POST /old ${ASK}Content-Length: 100\r\n\r\nx`],
    // What they do not read fills the memory of the machine that plays them, too.
    [2_000, "do not read what they asked for", `GET /page ${ASK}\r\n`.repeat(20)],
  ])("%i that %s keep nobody waiting, and when they leave, nothing of them stays", async (size, _, words) => {
    const { outrider, port } = await started();
    const before = descriptors(outrider);
    const clients = await crowd(port, size, words);
    await until("all of them are inside", () => descriptors(outrider) >= before + size);
    // Of several tries the best counts: this machine may be busy with something else.
    const tries = [];
    for (let attempt = 0; attempt < 3; attempt++)
      tries.push(Math.max(await median(port, "/old", 301), await median(port, "/app", 200)));
    expect(Math.min(...tries)).toBeLessThan(50);
    for (const client of clients) client.destroy();
    // The connection to the application is kept.
    await until("they are forgotten", () => descriptors(outrider) <= before + 2);
    expect((await outrider.stop()).status).toBe(0);
  });
});
