import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as breathe } from "node:timers/promises";
import { expect, test } from "vitest";
import { folder } from "../../tools/folder.ts";
import { type OutriderProcess, startOutrider } from "../../tools/outrider.ts";
import { answerOf } from "../../tools/tcp.ts";
import { Tidy } from "../../tools/tidy.ts";
import { until } from "../../tools/until.ts";

const tidy = new Tidy();
const STORM = 100_000;
const GUST = 200;
const CLIENTS = 8;

/** Signals that were sent and not yet delivered; the kernel keeps them in no order. */
function pending(pid: number): bigint {
  const mask = /^ShdPnd:\s+([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return BigInt(`0x${mask}`);
}

/** Asks again and again until told to stop. @returns every different answer, and how many there were */
async function askOnAndOn(port: number, stop: AbortSignal): Promise<{ answers: Set<string>; count: number }> {
  const answers = new Set<string>();
  let count = 0;
  while (!stop.aborted) {
    answers.add(await answerOf(port));
    count++;
  }
  return { answers, count };
}

/** Reads the file again and again. @returns every different content */
async function readOnAndOn(file: string, stop: AbortSignal): Promise<Set<string>> {
  const contents = new Set<string>();
  while (!stop.aborted) {
    contents.add(readFileSync(file, "utf8"));
    await breathe();
  }
  return contents;
}

/** In gusts, and after each one asks whether it still answers. */
async function storm(outrider: OutriderProcess, port: number): Promise<void> {
  const names = ["SIGUSR1", "SIGUSR2", "SIGHUP", "SIGUSR2", "SIGUSR1"] as const;
  for (let sent = 0; sent < STORM; sent++) {
    outrider.signal(names[sent % names.length]!);
    if (sent % GUST === 0) await answerOf(port);
  }
}

test("100,000 mixed signals under load: it answers, the file is whole, the last one wins", {
  timeout: 120_000,
}, async () => {
  const file = join(await folder(tidy), "state.json");
  writeFileSync(file, '{"status":"UP","weight":90,"maxconn":2000}');
  const env = { HAPGENT_IP: "127.0.0.1", HAPGENT_PORT: "0", HAPGENT_STATE_FILE: file };
  const outrider = await startOutrider(tidy, { env });
  await outrider.says("outrider is running");
  const port = await outrider.port();

  const over = new AbortController();
  const asking = Array.from({ length: CLIENTS }, () => askOnAndOn(port, over.signal));
  const reading = readOnAndOn(file, over.signal);
  await storm(outrider, port);
  for (const [last, status] of [["SIGUSR2", "DOWN"] as const, ["SIGUSR1", "UP"] as const]) {
    await until("every signal was delivered", () => pending(outrider.pid) === 0n);
    outrider.signal(last);
    await until(`${last} counts`, async () => (await answerOf(port)).startsWith(status));
    const final = `{\n  "status": "${status}",\n  "weight": 90,\n  "maxconn": 2000\n}`;
    await until("it is saved", () => readFileSync(file, "utf8") === final);
  }
  over.abort();

  for (const { answers, count } of await Promise.all(asking)) {
    expect(count).toBeGreaterThan(10);
    for (const answer of answers) expect(answer).toMatch(/^(UP|DOWN) 90% maxconn:2000\n$/);
  }
  for (const content of await reading) {
    expect(JSON.parse(content)).toMatchObject({ status: expect.stringMatching(/^(UP|DOWN)$/), weight: 90 });
  }
  expect(outrider.lines.filter(({ level }) => level === "error")).toEqual([]);
});
