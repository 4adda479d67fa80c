import type { Agent } from "./agent.ts";
import { Health } from "./health.ts";
import { Lifetime, type StopReason, sleep } from "./life.ts";
import { messageOf, Problem } from "./problems.ts";
import type { Plan, SupervisorOptions } from "./supervisor.ts";

/** An agent that ran this long, in milliseconds, was fine: the wait before its next restart starts over. */
const HELD = 60_000;

/**
 * One agent in the supervisor's care: its plan, its health, and the loop that runs it.
 *
 *   stopped ──start──▶ starting ──▶ ready ──stop──▶ stopping ──▶ stopped
 *                         ▲  └──falls──▶ failed ──after a wait──┐
 *                         └─────────────────────────────────────┘
 */
export class Ward {
  readonly health = new Health();
  readonly #options: SupervisorOptions;
  #plan: Plan | undefined;
  #agent: Agent | undefined;
  #life = new Lifetime();
  #running: Promise<void> = Promise.resolve();

  constructor(options: SupervisorOptions, changed: (name: string) => void) {
    this.#options = options;
    this.health.watch(() => this.#plan && changed(this.#plan.name));
  }

  get plan(): Plan {
    return this.#plan!;
  }

  /** The running agent; undefined while it is stopped or waits to be restarted. */
  get agent(): Agent | undefined {
    return this.#agent;
  }

  /** Starts it; with a plan, from now on that one. Throws what the plan's `create` throws, and changes nothing then. */
  start(plan: Plan = this.plan): void {
    if (this.#agent || this.health.phase === "failed") return;
    const before = this.#plan;
    this.#plan = plan;
    this.health.begin();
    try {
      this.#agent = plan.create(this.health);
    } catch (error) {
      this.#plan = before;
      this.health.enter("stopped");
      throw error;
    }
    this.#life = new Lifetime();
    this.#running = this.#keepAlive(this.#agent, this.#life);
  }

  /** Rings `stop`, after `grace` milliseconds `kill`, and resolves when the agent has ended. */
  async stop(reason: StopReason): Promise<void> {
    if (this.health.phase === "stopped") return;
    this.#life.ringStop(reason);
    if (this.#agent) this.health.enter("stopping");
    const timer = setTimeout(() => this.#kill(reason), this.plan.grace);
    await this.#running;
    clearTimeout(timer);
  }

  #kill(reason: StopReason): void {
    const { grace, name } = this.plan;
    this.#options.log.warn({ agent: name, grace_ms: grace }, "agent did not stop in time and is killed");
    this.#life.ringKill(reason);
  }

  async #keepAlive(first: Agent, life: Lifetime): Promise<void> {
    let failures = 0;
    for (let agent: Agent | undefined = first; agent && !life.stop.aborted; agent = this.#recreate(life)) {
      const began = performance.now();
      try {
        await this.#runOnce(agent, life);
        break;
      } catch (error) {
        if (performance.now() - began >= HELD) failures = 0;
        if (life.stop.aborted) this.#logFall(error);
        else await this.#waitAfterFall(error, this.#options.backoff(failures++), life);
      } finally {
        this.#agent = undefined;
      }
    }
    this.health.enter("stopped");
  }

  async #runOnce(agent: Agent, life: Lifetime): Promise<void> {
    this.#agent = agent;
    const running = agent.run(life);
    this.health.running();
    await running;
    if (!life.stop.aborted) this.#options.log.info({ agent: this.plan.name }, "agent has finished its work");
  }

  #recreate(life: Lifetime): Agent | undefined {
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

  async #waitAfterFall(error: unknown, wait: number, life: Lifetime): Promise<void> {
    this.#logFall(error, wait);
    this.health.problem = {
      code: error instanceof Problem ? error.code : "defect",
      message: messageOf(error),
    };
    this.health.enter("failed");
    await sleep(wait, life.stop);
  }

  #logFall(error: unknown, wait?: number): void {
    const fields = { agent: this.plan.name, ...(wait !== undefined && { restart_in_ms: Math.round(wait) }) };
    // A problem is expected and explains itself; anything else is a defect, and its stack is wanted.
    if (error instanceof Problem) this.#options.log.error({ ...fields, ...error.toJSON() }, "agent fell");
    else this.#options.log.error({ ...fields, err: error }, "agent fell over a defect");
  }
}
