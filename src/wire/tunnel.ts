import * as http from "node:http";
import * as https from "node:https";
import type { Socket } from "node:net";
import { onAbort } from "../core/life.ts";
import { DeniedProblem, errnoOf, LinkProblem, messageOf, type Problem } from "../core/problems.ts";

/** How long a proxy may take, in milliseconds. */
const PATIENCE = 10_000;

/**
 * A tunnel through an HTTP proxy (`CONNECT`, RFC 9110, 9.3.6). Throws LinkProblem, and DeniedProblem where the proxy
 * does not let us through.
 * @param proxy its URL; user and password in it are told to it, and to nobody else
 */
export function openTunnel(proxy: URL, target: URL, signal: AbortSignal): Promise<Socket> {
  const secure = /^(?:wss|https):$/.test(target.protocol);
  const path = `${target.hostname}:${target.port || (secure ? 443 : 80)}`;
  const request = (proxy.protocol === "https:" ? https : http).request({
    host: proxy.hostname.replace(/^\[|\]$/g, ""),
    port: proxy.port || (proxy.protocol === "https:" ? 443 : 80),
    method: "CONNECT",
    path,
    headers: { host: path, ...authorization(proxy) },
    timeout: PATIENCE,
    agent: false,
  });
  const name = `the proxy ${proxy.host}`;
  return new Promise<Socket>((resolve, reject) => {
    const forget = onAbort(signal, () => request.destroy(new Error("it was told to stop")));
    request.once("close", forget);
    request.once("timeout", () => request.destroy(new Error(`no answer within ${PATIENCE} ms`)));
    request.once("error", (error) => reject(broken(name, error)));
    request.once("response", ({ statusCode = 0 }) => reject(refused(name, statusCode)));
    request.once("connect", ({ statusCode = 0 }, socket: Socket, head: Buffer) => {
      if (statusCode === 200) {
        if (head.length > 0) socket.unshift(head);
        socket.setTimeout(0);
        resolve(socket);
        return;
      }
      socket.destroy();
      reject(refused(name, statusCode));
    });
    request.end();
  });
}

function authorization({ username, password }: URL): Record<string, string> {
  if (username === "" && password === "") return {};
  const plain = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { "proxy-authorization": `Basic ${Buffer.from(plain).toString("base64")}` };
}

function broken(name: string, error: Error): LinkProblem {
  return new LinkProblem("connect_failed", `${name} failed: ${errnoOf(error) ?? messageOf(error)}`, {
    cause: error,
  });
}

function refused(name: string, status: number): Problem {
  const message = `${name} answered ${status}`;
  if (status !== 401 && status !== 403 && status !== 407) return new LinkProblem("connect_failed", message);
  return new DeniedProblem("credentials_refused", message, {
    remedy: "Check user and password in the proxy's URL, and whom it lets through.",
  });
}
