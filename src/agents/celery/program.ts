import type { Fleet } from "./fleet.ts";

/** What supervisord knows of a program. Source: leek §10.1. */
export type ProgramRecord = Readonly<Record<string, string | number>>;

/** What Leek calls us. */
export const NAME = "agent";

/** All subscriptions together, as supervisord sees a program: it runs or it is stopped. */
export class Program {
  readonly #fleet: Fleet;

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
  }

  get running(): boolean {
    return !this.#fleet.halted;
  }

  start(): void {
    this.#fleet.resume();
  }

  /** Resolves when everything has ended. */
  async stop(signal: AbortSignal): Promise<void> {
    this.#fleet.halt();
    await this.#fleet.idle(signal);
  }

  record(): ProgramRecord {
    const { started, stopped, lines } = this.#fleet;
    const [now, start] = [seconds(Date.now()), seconds(started)];
    const pid = this.running ? process.pid : 0;
    const [state, statename] = stateOf(this.running, lines.length > 0);
    return {
      name: NAME,
      group: NAME,
      start,
      stop: seconds(stopped),
      now,
      state,
      statename,
      spawnerr: "",
      exitstatus: 0,
      logfile: "",
      stdout_logfile: "",
      stderr_logfile: "",
      pid,
      description: this.running
        ? `pid ${pid}, uptime ${clock(now - start)}`
        : new Date(stopped).toUTCString(),
    };
  }
}

function stateOf(running: boolean, busy: boolean): [number, string] {
  if (running) return [20, "RUNNING"];
  return busy ? [40, "STOPPING"] : [0, "STOPPED"];
}

function seconds(ms: number): number {
  return Math.floor(ms / 1_000);
}

function clock(time: number): string {
  const two = (number: number) => String(number).padStart(2, "0");
  return `${Math.floor(time / 3_600)}:${two(Math.floor(time / 60) % 60)}:${two(time % 60)}`;
}
