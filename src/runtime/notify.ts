import { execFile } from "node:child_process";
import type { Env } from "../config/expand.ts";
import { whenReady } from "./admin/readiness.ts";
import type { Outrider } from "./outrider.ts";

export interface ServiceManager {
  stopping(): void;
}

/**
 * Tells systemd how we are, where it asks (`Type=notify` with `NotifyAccess=all`): ready when every required agent
 * is, stopping, and alive twice per watchdog interval. Node has no datagram sockets for files, so it goes through
 * systemd's own `systemd-notify`; where that is missing nothing is told.
 */
export async function notify(env: Env, outrider: Outrider): Promise<ServiceManager> {
  if (!env["NOTIFY_SOCKET"]) return { stopping: () => {} };
  const tell = (...words: string[]) =>
    void execFile("systemd-notify", [`--pid=${process.pid}`, ...words], () => {});
  void whenReady(outrider).then(() => tell("--ready", "--status=every required agent is ready"));
  // The interval is in microseconds; twice in it is what systemd advises.
  const interval = Number(env["WATCHDOG_USEC"] ?? 0) / 2_000;
  const watchdog = interval > 0 ? setInterval(() => tell("WATCHDOG=1"), interval) : undefined;
  return {
    stopping: () => {
      clearInterval(watchdog);
      tell("STOPPING=1");
    },
  };
}
