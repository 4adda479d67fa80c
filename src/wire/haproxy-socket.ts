import { createConnection } from "node:net";
import { DeniedProblem, errnoOf, LinkProblem, messageOf } from "../core/problems.ts";

/** How long HAProxy may take to answer, in milliseconds. */
const PATIENCE = 5_000;

/**
 * Asks HAProxy's runtime API (`stats socket`) one thing: `show stat`, `set server be/s1 state ready` …
 * @param where the path of the UNIX socket, or `host:port` where it listens on TCP
 * @returns the answer, without the blank lines around it
 * Throws LinkProblem if nobody answers, DeniedProblem if the socket's level does not allow it.
 */
export async function askHaproxy(where: string, command: string): Promise<string> {
  const answer = (await exchange(where, `${command}\n`)).replace(/^\n+|\n+$/g, "");
  if (/^Permission denied/.test(answer)) {
    const remedy = "Give the socket `level operator` or `level admin` in HAProxy's configuration.";
    throw new DeniedProblem("credentials_refused", `${where} does not allow \`${command}\``, { remedy });
  }
  return answer;
}

function exchange(where: string, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(targetOf(where), () => socket.write(request));
    const chunks: Buffer[] = [];
    const fail = (cause: unknown) => {
      const remedy = "Check that HAProxy runs, has a `stats socket` there, and that this user may open it.";
      const message = `cannot ask ${where}: ${errnoOf(cause) ?? messageOf(cause)}`;
      reject(new LinkProblem("connect_failed", message, { remedy, cause }));
    };
    socket.setTimeout(PATIENCE, () => socket.destroy(new Error(`no answer within ${PATIENCE} ms`)));
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
    socket.on("error", fail);
    socket.on("close", () => fail(new Error("it closed without an answer")));
  });
}

function targetOf(where: string): { path: string } | { host: string; port: number } {
  const [, host, port] = /^([\w.-]+|\[[0-9A-Fa-f:]+\]):(\d+)$/.exec(where) ?? [];
  if (host === undefined || port === undefined) return { path: where };
  return { host: host.replace(/^\[|\]$/g, ""), port: Number(port) };
}
