import { type ChildProcess, spawn } from "node:child_process";
import { stat } from "node:fs/promises";
import { createConnection } from "node:net";
import { splitAddress } from "../config/units.ts";
import { onAbort } from "../core/life.ts";
import { errnoOf, messageOf } from "../core/problems.ts";
import { maskUrl } from "../core/secret.ts";
import { type HttpAnswer, HttpClient } from "./http-client.ts";

/** Looks at something once: resolves if it is well, throws an Error whose message is the reason if not. */
export type Check = (signal: AbortSignal) => Promise<void>;

/** Well when the URL answers 2xx or 3xx; a redirect is an answer, not a way to go. */
export function httpCheck(url: string, timeout: number): Check {
  return async (signal) => {
    const { status } = await ask(url, timeout, signal);
    if (status < 200 || status > 399) throw new Error(`${maskUrl(url)} answered ${status}`);
  };
}

/** Well when the address accepts a connection. */
export function tcpCheck(address: string): Check {
  return (signal) =>
    new Promise((resolve, reject) => {
      const socket = createConnection({ host: "127.0.0.1", ...splitAddress(address) });
      const forget = onAbort(signal, () => socket.destroy(new Error(`${address} did not answer in time`)));
      socket.once("connect", () => {
        socket.destroy();
        resolve();
      });
      socket.once("error", (error) => reject(new Error(`${address}: ${errnoOf(error) ?? messageOf(error)}`)));
      socket.once("close", () => {
        forget();
        reject(new Error(`${address} closed`));
      });
    });
}

/** Well when the command ends with status 0. The last line it printed is the reason if not. */
export function commandCheck(command: readonly [string, ...string[]]): Check {
  return async (signal) => {
    await runCommand(command, signal);
  };
}

/** Well when the file exists and, if `maxAge` milliseconds are given, was changed within them. */
export function fileCheck(path: string, maxAge?: number): Check {
  return async () => {
    const { mtimeMs } = await stat(path).catch(() => {
      throw new Error(`${path} is missing`);
    });
    if (maxAge !== undefined && Date.now() - mtimeMs > maxAge) throw new Error(`${path} is too old`);
  };
}

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

/** The number that a URL's body begins with. */
export async function httpNumber(url: string, timeout: number, signal: AbortSignal): Promise<number> {
  const { status, body } = await ask(url, timeout, signal);
  if (status !== 200) throw new Error(`${maskUrl(url)} answered ${status}`);
  return numberIn(body.toString("utf8"), maskUrl(url));
}

/** A fresh connection for each question: one that was kept would hide that no new one is taken. */
async function ask(url: string, timeout: number, signal: AbortSignal): Promise<HttpAnswer> {
  const client = new HttpClient({ timeout, connectTimeout: timeout, largest: 2 ** 20, follow: false });
  try {
    return await client.send({ method: "GET", url, signal });
  } finally {
    await client.close();
  }
}

/** The number that a command prints. */
export async function commandNumber(
  command: readonly [string, ...string[]],
  signal: AbortSignal,
): Promise<number> {
  return numberIn(await runCommand(command, signal), command[0]);
}

function numberIn(text: string, origin: string): number {
  const number = Number.parseFloat(text);
  if (!Number.isFinite(number)) throw new Error(`${origin} gave no number`);
  return number;
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1)?.trim() ?? "";
}
