import { stat } from "node:fs/promises";
import { createConnection } from "node:net";
import { splitAddress } from "../config/units.ts";
import { onAbort } from "../core/life.ts";
import { errnoOf, messageOf } from "../core/problems.ts";
import { runCommand } from "./command.ts";
import { type HttpAnswer, HttpClient } from "./http-client.ts";

/** Looks at something once: resolves if it is well, throws an Error whose message is the reason if not. */
export type Check = (signal: AbortSignal) => Promise<void>;

/** Well when the URL answers 2xx or 3xx. */
export function httpCheck(url: string, timeout: number): Check {
  return async (signal) => {
    const { status } = await get(url, timeout, signal);
    if (status < 200 || status > 399) throw new Error(`${url} answered ${status}`);
  };
}

/** On a connection of its own: whether a new one is accepted is part of the question. */
async function get(url: string, timeout: number, signal: AbortSignal): Promise<HttpAnswer> {
  const client = new HttpClient({ timeout, connectTimeout: timeout, largest: 2 ** 20, follow: false });
  try {
    return await client.send({ method: "GET", url, signal });
  } finally {
    await client.close();
  }
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

/** The number that a URL's body begins with. */
export async function httpNumber(url: string, timeout: number, signal: AbortSignal): Promise<number> {
  const { status, body } = await get(url, timeout, signal);
  if (status !== 200) throw new Error(`${url} answered ${status}`);
  return numberIn(body.toString("utf8"), url);
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
