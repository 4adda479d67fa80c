import type { Agent } from "./agent.ts";
import type { Backoff } from "./backoff.ts";
import { chronicle } from "./chronicle.ts";
import { Health } from "./health.ts";
import { Lifetime, rung, type StopReason, settlesWithin, sleep } from "./life.ts";
import type { Log } from "./log.ts";
import type { Plan } from "./plan.ts";
import { problemOf } from "./probe.ts";
import { Problem } from "./problems.ts";

/** An agent that ran this long, in milliseconds, was fine: the wait before its next restart starts over. */
const HELD = 60_000;
/** An agent that has not ended this long after `kill`, in milliseconds, is given up: nobody else shall wait for it. */
const LAST = 5_000;

export interface WardOptions {
  readonly log: Log;
  /** The wait before a fallen agent is started again. */
  readonly backoff: Backoff;
}

/** One stretch from start to stop, restarts after falls included. */
interface Stretch {
  readonly life: Lifetime;
  agent: Agent | undefined;
}

/**
 * One agent in the supervisor's care: its plan, its health, and the loop that runs it.
 *
 *   stopped ──start──▶ starting ──▶ ready ──stop──▶ stopping ──▶ stopped
 *                         ▲  └──falls──▶ failed ──after a wait──┐
 *                         └─────────────────────────────────────┘
 */
export class Ward {
  readonly health = new Health();
  readonly #options: WardOptions;
  #plan: Plan | undefined;
  /** undefined while it is stopped. */
  #stretch: Stretch | undefined;
  #ended: Promise<void> = Promise.resolve();

  constructor(name: string, options: WardOptions, changed: (name: string) => void) {
    this.#options = options;
    this.health.watch(() => changed(name));
    chronicle(this.health, options.log, name);
  }

  get plan(): Plan {
    return this.#plan!;
  }

  /** The running agent; undefined while it is stopped or waits to be restarted. */
  get agent(): Agent | undefined {
    return this.#stretch?.agent;
  }

  /** Whether it runs, or will once it has been restarted. */
  get running(): boolean {
    return this.#stretch !== undefined;
  }

  /** Starts it; with a plan, from now on that one. Throws what the plan's `create` throws, and changes nothing then. */
  start(plan: Plan = this.plan): void {
    if (this.#stretch) return;
    const before = this.#plan;
    this.#plan = plan;
    this.health.begin();
    let agent: Agent;
    try {
      agent = plan.create(this.health);
    } catch (error) {
      this.#plan = before;
      this.health.enter("stopped");
      throw error;
    }
    const stretch: Stretch = { life: new Lifetime(), agent };
    this.#stretch = stretch;
    this.#ended = this.#keepAlive(stretch).then(() => this.#over(stretch));
  }

  /** Takes an equal plan over, with whatever it says beside the agent itself. */
  keep(plan: Plan): void {
    this.#plan = plan;
  }

  /** Rings `stop`, after `grace` milliseconds `kill`, and resolves when the agent has ended. */
  async stop(reason: StopReason): Promise<void> {
    const stretch = this.#stretch;
    if (!stretch) return;
    const { name, grace } = this.plan;
    stretch.life.ringStop(reason);
    if (stretch.agent) this.health.enter("stopping");
    if (await settlesWithin(grace, this.#ended)) return;
    this.#options.log.warn({ agent: name, grace_ms: grace }, "agent did not stop in time and is killed");
    stretch.life.ringKill(reason);
    if (await settlesWithin(LAST, this.#ended)) return;
    this.#options.log.error(
      { agent: name },
      "agent did not even end when killed and is given up; this is a defect",
    );
    this.#over(stretch);
  }

  /** The stretch is over. One that was given up may end much later, when the next has long begun. */
  #over(stretch: Stretch): void {
    if (this.#stretch !== stretch) return;
    this.#stretch = undefined;
    this.health.enter("stopped");
  }

  async #keepAlive(stretch: Stretch): Promise<void> {
    let failures = 0;
    const { stop } = stretch.life;
    for (let agent = stretch.agent; agent && !stop.aborted; agent = this.#recreate(stretch)) {
      const began = performance.now();
      try {
        await this.#runOnce(agent, stretch);
        return;
      } catch (error) {
        stretch.agent = undefined;
        if (performance.now() - began >= HELD) failures = 0;
        if (stop.aborted) this.#logFall(error);
        else if (gaveUp(error)) await this.#waitAfterFall(error, undefined, stop);
        else await this.#waitAfterFall(error, this.#options.backoff(failures++), stop);
      }
    }
  }

  async #runOnce(agent: Agent, stretch: Stretch): Promise<void> {
    stretch.agent = agent;
    const running = agent.run(stretch.life);
    this.health.running();
    await running;
    if (!stretch.life.stop.aborted)
      this.#options.log.info({ agent: this.plan.name }, "agent has finished its work");
  }

  #recreate({ life }: Stretch): Agent | undefined {
    if (life.stop.aborted) return undefined;
    this.health.restarts++;
    this.health.begin();
    try {
      return this.plan.create(this.health);
    } catch (error) {
      // It could be created before, so this is a defect; running something that throws keeps the loop one loop.
      return { run: () => Promise.reject(error) };
    }
  }

  /** @param wait undefined: until a person stops it, or starts it again */
  async #waitAfterFall(error: unknown, wait: number | undefined, stop: AbortSignal): Promise<void> {
    this.#logFall(error, wait);
    this.health.fell(problemOf(error));
    await (wait === undefined ? rung(stop) : sleep(wait, stop));
  }

  #logFall(error: unknown, wait?: number): void {
    const fields = { agent: this.plan.name, ...(wait !== undefined && { restart_in_ms: Math.round(wait) }) };
    // A problem is expected and explains itself; anything else is a defect, and its stack is wanted.
    if (error instanceof Problem) this.#options.log.error({ ...fields, ...error.toJSON() }, "agent fell");
    else this.#options.log.error({ ...fields, err: error }, "agent fell over a defect");
  }
}

/** Whether the agent was told to try so often and no more. */
function gaveUp(error: unknown): boolean {
  return error instanceof Problem && error.code === "gave_up";
}
