import { type ChildProcess, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { folder } from "./folder.ts";
import type { Tidy } from "./tidy.ts";

export const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));

/** A line of the log; whatever is no JSON stands in `msg`. */
export interface LogLine {
  readonly level?: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** How a process ended: its status, or the signal that ended it. */
export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface OutriderOptions {
  /** The configuration, written to a file. Without it only the environment counts. */
  readonly config?: object;
  readonly env?: Readonly<Record<string, string>>;
  /** Default: `run`, with the configuration if there is one. */
  readonly args?: readonly string[];
  /** What is run. Default: the built command line. */
  readonly program?: readonly string[];
  /** A shell command that ends in `exec "$@"`, to change what the process may do: `ulimit -n 64; exec "$@"`. */
  readonly shell?: string;
  /** Where snapshots and locks are kept. Default: a fresh folder. */
  readonly stateDir?: string;
}

/** A process of the built command line. */
export class OutriderProcess {
  readonly lines: LogLine[] = [];
  readonly ended: Promise<Ended>;
  stdout = "";
  /** All that it printed, to the letter. */
  printed = "";
  readonly #child: ChildProcess;
  readonly #waiting = new Set<() => void>();
  #over = false;

  constructor(child: ChildProcess) {
    this.#child = child;
    createInterface({ input: child.stderr! }).on("line", (text) => this.#heard(text));
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.setEncoding("utf8").on("data", (text: string) => (this.printed += text));
    }
    child.stdout!.on("data", (text: string) => (this.stdout += text));
    this.ended = new Promise((resolve) => {
      child.on("close", (status, signal) => {
        this.#over = true;
        resolve({ status, signal });
        for (const look of this.#waiting) look();
      });
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get stderr(): string {
    return this.lines.map(({ msg }) => msg).join("\n");
  }

  /** The first log line that matches: one that came already (from line `from` on), or one that will. */
  line(
    matches: (line: LogLine) => boolean,
    options: { within?: number; from?: number } = {},
  ): Promise<LogLine> {
    const { within = 15_000, from = 0 } = options;
    return new Promise((resolve, reject) => {
      const finish = (end: () => void) => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        end();
      };
      const fail = (why: string) =>
        finish(() =>
          reject(
            new Error(`${why} and no log line matched:\n${JSON.stringify(this.lines.slice(-30), null, 1)}`),
          ),
        );
      const look = () => {
        const found = this.lines.slice(from).find(matches);
        if (found) finish(() => resolve(found));
        else if (this.#over) fail("the process ended");
      };
      const timer = setTimeout(() => fail(`${within} ms are over`), within);
      this.#waiting.add(look);
      look();
    });
  }

  /** The line with this message. */
  says(msg: string, options: { within?: number; from?: number } = {}): Promise<LogLine> {
    return this.line((line) => line.msg === msg, options);
  }

  /** The port that the agent answers on, once it does. */
  async port(agent?: string): Promise<number> {
    const { address } = await this.line(
      (line) => line.msg === "answering agent checks" && (agent === undefined || line["agent"] === agent),
    );
    return Number(String(address).split(":").at(-1));
  }

  /** Asks the admin API. */
  async api<T>(path: string, body?: object): Promise<T> {
    const { admin } = await this.says("outrider is running");
    const method = body === undefined ? "GET" : "POST";
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    return (await (await fetch(`http://${admin}${path}`, init)).json()) as T;
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }

  /** Tells it to end, and makes it end if it does not. */
  async stop(): Promise<Ended> {
    if (!this.#over) this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 20_000);
    const ended = await this.ended;
    clearTimeout(timer);
    return ended;
  }

  #heard(text: string): void {
    this.lines.push(text.startsWith("{") ? (JSON.parse(text) as LogLine) : { msg: text });
    for (const look of this.#waiting) look();
  }
}

/** Starts the built command line. It is stopped in the end. */
export async function startOutrider(tidy: Tidy, options: OutriderOptions): Promise<OutriderProcess> {
  const home = await folder(tidy);
  const child = spawn(...commandOf(options, home), {
    cwd: home,
    // Nothing of the developer's own environment may configure it.
    env: { PATH: process.env["PATH"], STATE_DIRECTORY: options.stateDir ?? home, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const started = new OutriderProcess(child);
  tidy.later(async () => void (await started.stop()));
  return started;
}

/** Runs the built command line to its end. */
export async function runOutrider(
  tidy: Tidy,
  options: OutriderOptions,
): Promise<Ended & Pick<OutriderProcess, "stdout" | "stderr" | "printed">> {
  const started = await startOutrider(tidy, options);
  const ended = await started.ended;
  const { stdout, stderr, printed } = started;
  return { ...ended, stdout, stderr, printed };
}

function commandOf(options: OutriderOptions, home: string): [string, string[]] {
  const { config, shell, program = [process.execPath, cli] } = options;
  const file = join(home, "outrider.json");
  if (config) writeFileSync(file, JSON.stringify(config));
  const args = options.args ?? (config ? ["run", "--config", file] : ["run"]);
  const command = [...program, ...args];
  return shell === undefined ? [command[0]!, command.slice(1)] : ["sh", ["-c", shell, "sh", ...command]];
}
