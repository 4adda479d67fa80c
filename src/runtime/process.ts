import type { Env } from "../config/expand.ts";
import type { Config } from "../config/load.ts";
import type { AgentKind } from "../core/agent.ts";
import { later } from "../core/life.ts";
import { messageOf } from "../core/problems.ts";
import { openAdmin } from "./admin/door.ts";
import { whenReady } from "./admin/readiness.ts";
import type { Found } from "./configuration.ts";
import { growLater } from "./heap.ts";
import type { ProcessLog } from "./log.ts";
import { notify } from "./notify.ts";
import { Outrider } from "./outrider.ts";
import type { CaughtSignal, Signals } from "./signals.ts";
import type { AgentStatus } from "./status.ts";
import { version } from "./version.ts";

/** How long the process may take to end when everything has been closed, in milliseconds. */
const LAST = 2_000;

/** Said of each peer whose variables made us run. */
const FOUND = "running in the place of an agent whose variables are set";

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
  const { log: told } = outrider;
  process.title = found.title ?? "outrider";
  try {
    for (const peer of found.found ?? []) told.info({ peer }, FOUND);
    for (const note of found.notes) told.warn({ at: note.at }, note.message);
    const { started } = await outrider.start();
    if (found.strict) await Promise.race([comeUp(outrider, found), ended]);
    const admin = await openAdmin(outrider);
    signals.heard(obedience(outrider));
    const fields = { version, configuration: found.what, agents: started, admin: admin?.address };
    told.info(fields, "outrider is running");
    void whenReady(outrider).then(() => told.info({}, "every required agent is ready"));
    growLater(started.length);
    const manager = notify(env, outrider);
    options.started?.(outrider);
    told.info({ signal: await ended }, "stopping");
    manager.stopping();
  } finally {
    // Also when the admin API could not be opened: half a process would be worse than none.
    await outrider.close();
    // What an agent that was given up still holds must not keep the process.
    later(LAST, () => process.exit()).unref();
  }
  told.info({}, "stopped");
}

/** The kernel may deliver what was sent just before the end just after it, but not this much later, in milliseconds. */
const SETTLE = 20;

/**
 * Resolves at the first SIGTERM or SIGINT, once the signals that were sent before it were told. A second one ends
 * the process at once.
 */
function endSignal(): Promise<string> {
  return new Promise((resolve) => {
    let told = false;
    const hear = (signal: NodeJS.Signals) => {
      if (told) process.exit(signal === "SIGINT" ? 130 : 143);
      told = true;
      setTimeout(() => resolve(signal), SETTLE);
    };
    process.on("SIGTERM", hear).on("SIGINT", hear);
  });
}

/** Resolves when every agent is up. If one falls first, why is thrown. */
async function comeUp(outrider: Outrider, found: Found): Promise<void> {
  const fallen = await new Promise<AgentStatus | undefined>((resolve) => {
    const look = () => {
      const statuses = outrider.statuses();
      const failed = statuses.find(({ standing }) => standing === "failed");
      if (!failed && statuses.some(({ standing }) => standing === "starting")) return;
      forget();
      resolve(failed);
    };
    const forget = outrider.supervisor.watch(look);
    look();
  });
  if (!fallen) return;
  throw new Error(`${fallen.name} cannot start: ${fallen.problem?.message} (configured by ${found.what})`);
}

/**
 * What happens at a signal: at once, and in the order in which signals come, each kind that has an action for it
 * hears it; SIGHUP reloads the configuration besides.
 */
function obedience(outrider: Outrider): (signal: CaughtSignal) => void {
  const reload = reloading(outrider);
  return (signal) => {
    for (const [name, { kind, config }] of outrider.config.agents) {
      const action = kind.signals?.(config)[signal];
      if (action === undefined) continue;
      outrider.log.info({ agent: name, signal, action }, "signal received");
      outrider.call(name, action, {}).catch((error: unknown) => {
        outrider.log.error({ agent: name, signal, reason: messageOf(error) }, "signal could not be obeyed");
      });
    }
    if (signal === "SIGHUP") void reload();
  };
}

/** Reloads one after the other; however often it is asked for meanwhile, one more does for all. */
function reloading(outrider: Outrider): () => Promise<void> {
  let wanted = false;
  let busy = false;
  return async () => {
    wanted = true;
    if (busy) return;
    busy = true;
    while (wanted) {
      wanted = false;
      await outrider.reload().catch((error: unknown) => {
        outrider.log.error({ reason: messageOf(error) }, "reload refused, everything runs as before");
      });
    }
    busy = false;
  };
}
