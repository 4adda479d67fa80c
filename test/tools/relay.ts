import { flags } from "../../src/agents/flags/index.ts";
import type { AgentKind } from "../../src/core/agent.ts";
import { StandInFeatbit } from "./featbit.ts";
import { outriderOf } from "./in-process.ts";
import { freePort } from "./ports.ts";
import type { Tidy } from "./tidy.ts";
import { until } from "./until.ts";

const kinds = [flags] as unknown as readonly AgentKind[];

/** A relay in this process. `more` is what stands in its configuration besides `kind`, `listen` and `key`. */
export async function relayOf(tidy: Tidy, more: object, options: { port?: number; state?: string } = {}) {
  const port = options.port ?? (await freePort());
  const agent = { kind: "flags", listen: `127.0.0.1:${port}`, key: "canary-admin", drain: "1s", ...more };
  const state = options.state === undefined ? "" : `state: ${JSON.stringify({ dir: options.state })}\n`;
  // JSON is YAML as well.
  const text = `${state}agents: ${JSON.stringify({ flags: agent })}\n`;
  const made = await outriderOf(tidy, text, kinds);
  await made.outrider.start();
  const url = `http://127.0.0.1:${port}`;
  const status = () => made.outrider.agent("flags").agent?.inspect?.() as RelayStatus;
  const admin = (path: string, init: RequestInit = {}) =>
    fetch(`${url}/api/public/proxy/${path}`, {
      ...init,
      headers: { authorization: "canary-admin", "content-type": "application/json" },
    });
  await until("the door is open", async () => (await fetch(`${url}/health/liveness`)).ok);
  return { ...made, url, port, status, admin };
}

export interface RelayStatus {
  readonly serves: string;
  readonly dataVersion: number;
  readonly syncState: string;
  readonly lastSyncedAt: string | null;
  readonly stale: boolean;
  readonly connections: number;
  readonly lastError: string | null;
  readonly transport: string | null;
  /** Items that the server last had in an older version. */
  readonly older: number;
  readonly environments: { envId: string; flags: number; segments: number; version: number }[];
  readonly events?: Record<string, number>;
}

/** A relay that follows a stand-in server, with all data there. */
export async function followingRelay(tidy: Tidy, more: object = {}, link: object = {}) {
  const server = await StandInFeatbit.start(tidy);
  const relay = await relayOf(tidy, {
    from: { featbit: { url: server.url, key: server.key, agent: "eu-1", ...link } },
    ...more,
  });
  await until("it is in step with the server", () => relay.status().syncState === "Stable");
  return { server, ...relay };
}
