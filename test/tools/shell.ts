import { type ChildProcessByStdio, spawn } from "node:child_process";
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";

const ROOT = join(import.meta.dirname, "..", "..");

/** A shell in a folder of its own, in which the package is installed as a user would have it. */
export class Shell {
  readonly #bash: ChildProcessByStdio<Writable, Readable, null>;
  readonly #folder: string;
  #output = "";
  #wake: () => void = () => {};
  #turn = 0;

  /** @param env what commands find in their environment, besides what the tests have */
  constructor(folder: string, env: Readonly<Record<string, string>> = {}) {
    this.#folder = folder;
    prepare(folder);
    const whole = {
      ...process.env,
      ...env,
      PATH: `${join(folder, "bin")}:${process.env["PATH"]}`,
      STATE_DIRECTORY: join(folder, "default-state"),
      NO_COLOR: "1",
      CURL_HOME: folder,
    };
    this.#bash = spawn("bash", ["--noprofile", "--norc"], {
      cwd: folder,
      env: whole,
      stdio: ["pipe", "pipe", "ignore"],
    });
    this.#bash.stdin.write("exec 2>&1\n");
    this.#bash.stdout.on("data", (chunk: Buffer) => {
      this.#output += chunk.toString("utf8");
      this.#wake();
    });
  }

  /**
   * Runs a command. One that ends in `&` goes on in the background; it has started when Outrider is ready, or when
   * another program has written the first line to the file that it is told to write to.
   */
  async run(command: string): Promise<{ output: string; status: number }> {
    const line = this.#line(command, join(this.#folder, `background-${++this.#turn}.log`));
    const mark = `--- done ${this.#turn} `;
    this.#bash.stdin.write(`${line}\nstatus=$?; printf '\\n${mark}%s\\n' $status; (exit $status)\n`);
    for (;;) {
      const at = this.#output.indexOf(mark);
      const end = this.#output.indexOf("\n", at);
      if (at >= 0 && end > 0) {
        const output = this.#output.slice(0, at);
        const status = Number(this.#output.slice(at + mark.length, end));
        this.#output = this.#output.slice(end + 1);
        return { output, status };
      }
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  #line(command: string, log: string): string {
    if (!command.endsWith("&")) return command;
    const file = />\s*(\S+)\s*&$/.exec(command)?.[1];
    const ready = file ? `[ -s ${file} ]` : `grep -qs "every required agent is ready" ${log}`;
    const begun = `${command.slice(0, -1)} ${file ? "" : `>${log}`} 2>&1 & disown -h`;
    return `${begun}; until ${ready} || ! kill -0 $!; do sleep 0.05; done; ${ready}`;
  }

  write(file: string, text: string): void {
    writeFileSync(join(this.#folder, file), text);
  }

  /** Ends what runs in the background, by pid, and the shell. */
  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#bash.once("close", resolve));
    this.#bash.stdin.end("kill $(jobs -p) 2>/dev/null; wait; exit\n");
    await ended;
  }
}

function prepare(folder: string): void {
  mkdirSync(join(folder, "bin"), { recursive: true });
  mkdirSync(join(folder, "node_modules"), { recursive: true });
  writeFileSync(
    join(folder, "bin", "outrider"),
    `#!/bin/sh\nexec "${process.execPath}" "${join(ROOT, "dist", "cli.js")}" "$@"\n`,
    { mode: 0o755 },
  );
  symlinkSync(ROOT, join(folder, "node_modules", "outrider"));
  for (const name of ["express", "fastify", "hono"]) {
    const path = join(ROOT, "node_modules", name);
    if (existsSync(path)) symlinkSync(path, join(folder, "node_modules", name));
  }
  // At a terminal curl shows no progress between the lines of an answer.
  writeFileSync(join(folder, ".curlrc"), "silent\nshow-error\n");
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }\n');
}
