import { type ChildProcess, spawn } from "node:child_process";
import { find } from "./needs.ts";
import type { Tidy } from "./tidy.ts";
import { until } from "./until.ts";

export interface ProgramOptions {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Asked until it is true, which tells that the program is up. */
  readonly up: () => Promise<boolean>;
}

/** Starts a program and waits until it is up. It is ended in the end, by its pid. */
export async function startProgram(tidy: Tidy, name: string, options: ProgramOptions): Promise<void> {
  const { args, env, up } = options;
  const child = spawn(find(name) ?? name, args, {
    stdio: ["ignore", "ignore", "pipe"],
    ...(env && { env: { PATH: process.env["PATH"], ...env } }),
  });
  const ended = new Promise((resolve) => child.on("close", resolve));
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  tidy.later(() => end(child, ended));
  await until(`${name} is up`, async () => {
    if (child.exitCode === null) return up();
    throw new Error(`${name} ended: ${said}`);
  });
}

async function end(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
  await ended;
}
