import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { until } from "./soon.ts";

const built = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** The command line as a process of its own; what is left of it goes with the test. */
export class Cli {
  readonly child: ChildProcess;
  readonly ended: Promise<number | NodeJS.Signals | null>;
  out = "";
  err = "";

  constructor(args: readonly string[], { env = {}, cwd }: CliOptions = {}) {
    this.child = spawn(process.execPath, [built, ...args], {
      env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...env },
      ...(cwd !== undefined && { cwd }),
    });
    this.child.stdout?.setEncoding("utf8").on("data", (chunk) => {
      this.out += chunk;
    });
    this.child.stderr?.setEncoding("utf8").on("data", (chunk) => {
      this.err += chunk;
    });
    this.ended = new Promise((resolve) => this.child.on("close", (code, signal) => resolve(code ?? signal)));
    onTestFinished(() => void this.child.kill("SIGKILL"));
  }

  /** Waits until the log has such a line. */
  async says(text: string): Promise<void> {
    await until(() => this.err.includes(text), 10_000).catch(() => {
      throw new Error(`nothing said "${text}":\n${this.err}`);
    });
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }
}
