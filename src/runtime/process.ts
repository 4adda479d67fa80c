import type { Env } from "../config/expand.ts";
import type { Config } from "../config/load.ts";
import type { AgentKind } from "../core/agent.ts";
import { later } from "../core/life.ts";
import { messageOf } from "../core/problems.ts";
import { openAdmin } from "./admin/door.ts";
import type { Found } from "./configuration.ts";
import type { ProcessLog } from "./log.ts";
import { notify } from "./notify.ts";
import { Outrider } from "./outrider.ts";
import type { CaughtSignal, Signals } from "./signals.ts";
import { version } from "./version.ts";

/** How long the process may take to end when everything has been closed, in milliseconds. */
const LAST = 2_000;

export interface ProcessOptions {
  readonly found: Found;
  readonly kinds: readonly AgentKind[];
  readonly env: Env;
  readonly log: ProcessLog;
  readonly signals: Signals;
  /** Called when everything has been started. */
  readonly started?: (outrider: Outrider) => void;
}

/** Runs a whole process: starts, obeys signals, and ends when SIGTERM or SIGINT says so. Throws ConfigProblem. */
export async function runProcess(options: ProcessOptions): Promise<void> {
  const { found, log, env, kinds, signals } = options;
  const ended = endSignal();
  const taken = (config: Config) => log.configure(config.log);
  const outrider = new Outrider({ load: found.load, taken, kinds, env, log });
  process.title = found.title ?? "outrider";
  try {
    const { started } = await outrider.start();
    for (const note of found.notes) log.warn({ at: note.at }, note.message);
    const admin = await openAdmin(outrider);
    signals.heard((signal) => void obey(outrider, signal));
    const fields = { version, configuration: found.what, agents: started, admin: admin?.address };
    log.info(fields, "outrider is running");
    const manager = notify(env, outrider);
    options.started?.(outrider);
    log.info({ signal: await ended }, "stopping");
    manager.stopping();
  } finally {
    // Also when the admin API could not be opened: half a process would be worse than none.
    await outrider.close();
    // What an agent that was given up still holds must not keep the process.
    later(LAST, () => process.exit()).unref();
  }
  log.info({}, "stopped");
}

/** Resolves at the first SIGTERM or SIGINT; a second one ends the process at once. */
function endSignal(): Promise<string> {
  return new Promise((resolve) => {
    let told = false;
    const hear = (signal: NodeJS.Signals) => {
      if (told) process.exit(signal === "SIGINT" ? 130 : 143);
      told = true;
      resolve(signal);
    };
    process.on("SIGTERM", hear).on("SIGINT", hear);
  });
}

/** SIGHUP reloads the configuration; then every kind hears the signals it has an action for. */
async function obey(outrider: Outrider, signal: CaughtSignal): Promise<void> {
  if (signal === "SIGHUP") {
    await outrider.reload().catch((error: unknown) => {
      outrider.log.error({ reason: messageOf(error) }, "reload refused, everything runs as before");
    });
  }
  for (const [name, { kind, config }] of outrider.config.agents) {
    const action = kind.signals?.(config)[signal];
    if (action === undefined) continue;
    outrider.log.info({ agent: name, signal, action }, "signal received");
    await outrider.call(name, action, {}).catch((error: unknown) => {
      outrider.log.error({ agent: name, signal, reason: messageOf(error) }, "signal could not be obeyed");
    });
  }
}
