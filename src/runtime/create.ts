import { stringify } from "yaml";
import { kinds as ownKinds } from "../agents/kinds.ts";
import { loadConfig, readSources } from "../config/load.ts";
import type { AgentKind } from "../core/agent.ts";
import { type Log, silent } from "../core/log.ts";
import type { Applied } from "../core/plan.ts";
import { openAdmin } from "./admin/door.ts";
import { Outrider } from "./outrider.ts";
import type { AgentStatus } from "./status.ts";

export interface CreateOptions {
  /** A file or folder, read again at every reload; or the configuration itself. */
  readonly config: string | object;
  /** Values for `${NAME}` in the configuration. Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Default: none. Pino's loggers fit. */
  readonly log?: Log;
  /** Kinds of your own, besides ours. */
  readonly kinds?: readonly AgentKind[];
}

/** A whole Outrider inside your program. */
export interface Handle {
  /** Where the admin API listens, if it does. */
  readonly admin: string | undefined;
  status(): AgentStatus[];
  call(agent: string, action: string, input?: unknown): Promise<unknown>;
  reload(): Promise<Applied>;
  close(): Promise<void>;
}

/** Starts everything that a configuration asks for. Throws ConfigProblem, and starts nothing then. */
export async function createOutrider({
  config,
  env = process.env,
  log = silent,
  kinds = [],
}: CreateOptions): Promise<Handle> {
  const all = [...ownKinds, ...kinds];
  const sources = () =>
    typeof config === "string" ? readSources(config) : [{ file: "config", text: stringify(config) }];
  const outrider = new Outrider({ load: () => loadConfig(sources(), all, env), kinds: all, env, log });
  await outrider.start();
  const admin = await openAdmin(outrider);
  return {
    admin: admin?.address,
    status: () => outrider.statuses(),
    call: (agent, action, input) => outrider.call(agent, action, input ?? {}),
    reload: () => outrider.reload(),
    close: () => outrider.close(),
  };
}
