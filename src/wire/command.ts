import { type ChildProcess, spawn } from "node:child_process";
import { onAbort } from "../core/life.ts";

/**
 * What a command prints on standard output. Throws with the last line it printed, or its exit status.
 * When the signal rings it is killed, with all that it started: it runs in a process group of its own.
 */
export function runCommand(command: readonly [string, ...string[]], signal: AbortSignal): Promise<string> {
  const [program, ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { detached: true, stdio: ["ignore", "pipe", "pipe"] });
    const printed = { out: "", err: "" };
    let forget = () => {};
    child.stdout.on("data", (chunk: Buffer) => keep(printed, "out", chunk));
    child.stderr.on("data", (chunk: Buffer) => keep(printed, "err", chunk));
    const finish = (error?: Error) => {
      forget();
      if (error) reject(error);
      else resolve(printed.out);
    };
    child.on("error", finish);
    child.on("close", (status, killed) => {
      const why = lastLine(printed.out + printed.err) || `${program} ended with ${status ?? killed}`;
      finish(status === 0 ? undefined : new Error(why));
    });
    forget = onAbort(signal, () => {
      killGroup(child);
      finish(new Error(`${program} did not end in time`));
    });
  });
}

/** How much of what a command prints is kept, in characters. */
const MOST_PRINTED = 2 ** 20;

function keep(printed: { out: string; err: string }, stream: "out" | "err", chunk: Buffer): void {
  printed[stream] = (printed[stream] + chunk.toString("utf8")).slice(-MOST_PRINTED);
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // It has just ended.
  }
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1)?.trim() ?? "";
}
