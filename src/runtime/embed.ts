import { join } from "node:path";
import type { z } from "zod";
import { complaints } from "../config/complain.ts";
import { jsonSchema } from "../config/json-schema.ts";
import { Places } from "../config/places.ts";
import { type Agent, type AgentKind, alone, type Host } from "../core/agent.ts";
import { chronicle } from "../core/chronicle.ts";
import { Health, type HealthReport } from "../core/health.ts";
import { Lifetime } from "../core/life.ts";
import { type Log, silent } from "../core/log.ts";
import { unmeasured } from "../core/metrics.ts";
import { ConfigProblem, LinkProblem, messageOf } from "../core/problems.ts";
import { House } from "../wire/doors.ts";
import { FileSnapshot, nowhere } from "../wire/snapshot.ts";
import { Spool } from "../wire/spool.ts";
import { suffixOf } from "./suffix.ts";
import { awaitDoor, watchedDoors } from "./watched-doors.ts";

export interface EmbedOptions {
  /** What the agent is called in logs and files. Default: its kind. */
  readonly name?: string;
  /** Default: none. Pino's loggers fit. */
  readonly log?: Log;
  /**
   * Where snapshots, spools and files are kept, so that a restart serves at once. Default: nothing outlives the
   * process, and an agent that must keep something is refused.
   */
  readonly stateDir?: string;
  /** How long to wait until the agent is ready, in milliseconds. 0 does not wait. Default 30,000. */
  readonly timeout?: number;
}

/** What an embedded agent has besides what its kind offers. */
export interface Embedded {
  /** Resolves when the agent is ready; at once if it is. */
  ready(): Promise<void>;
  /** How it is. */
  health(): HealthReport;
  /** Stops it and resolves when it has ended. */
  close(): Promise<void>;
}

/**
 * Runs an agent of a kind inside your program. Resolves when it is ready to serve.
 * Throws ConfigProblem for a configuration with mistakes, and LinkProblem if it is not ready in time; then nothing
 * is left running.
 */
export async function embed<S extends z.ZodObject, A extends Agent>(
  kind: AgentKind<S, A>,
  config: z.input<S>,
  options: EmbedOptions = {},
): Promise<A & Embedded> {
  const { timeout = 30_000 } = options;
  const accepted = parsed(kind, config);
  await kind.load?.();
  const guest = new Guest(kind, accepted, options);
  if (timeout > 0) await guest.readyWithin(timeout);
  return guest.handle;
}

function parsed<S extends z.ZodObject, A extends Agent>(
  { kind, config: schema }: AgentKind<S, A>,
  data: z.input<S>,
) {
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  const about = { data, places: new Places(), schema: jsonSchema(schema) };
  const mistakes = complaints(result.error.issues, about);
  const message = mistakes.map((mistake) => mistake.message).join("\n");
  throw new ConfigProblem("config_invalid", `${kind}: ${message}`, { mistakes });
}

class Guest<S extends z.ZodObject, A extends Agent> {
  readonly handle: A & Embedded;
  readonly #health = new Health();
  readonly #life = new Lifetime();
  readonly #house = new House();
  readonly #running: Promise<void>;
  #failure: unknown;

  constructor(kind: AgentKind<S, A>, config: z.output<S>, options: EmbedOptions) {
    const { log = silent, name = kind.kind } = options;
    chronicle(this.#health, log, name);
    this.#health.begin();
    const agent = kind.create(config, this.#host(kind.kind, options));
    if ((kind.claims?.(config) ?? []).length > 0) awaitDoor(this.#health);
    this.#running = agent.run(this.#life).catch((error: unknown) => {
      this.#failure = error;
      this.#health.fell({ code: "defect", message: messageOf(error) });
      log.error({ err: error }, "embedded agent fell");
    });
    this.#health.running();
    const own: Embedded = {
      ready: () => this.#ready(),
      health: () => this.#health.report(),
      close: () => this.#close(),
    };
    this.handle = Object.assign(agent, own);
  }

  async readyWithin(timeout: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(this.#late(timeout)), timeout);
    });
    try {
      await Promise.race([this.#ready(), late]);
    } catch (error) {
      await this.#close();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  #host(kind: string, { name = kind, log = silent, stateDir }: EmbedOptions): Host {
    return {
      name,
      log,
      metrics: unmeasured,
      health: this.#health,
      doors: watchedDoors(this.#house.for(name), this.#health),
      neighbours: alone,
      snapshot: (part = "", codec) => {
        if (stateDir === undefined) return nowhere;
        const file = `${name}${suffixOf(part)}.snap`;
        return new FileSnapshot(join(stateDir, file), `${kind}/${name}/${part}`, codec);
      },
      file: (file) => join(asked(stateDir, "keeps files"), "files", name, file),
      spool: (feed, limits) => {
        const folder = join(asked(stateDir, "spools"), "spools", name);
        const room = () => this.#health.part("spool");
        return new Spool(feed, { ...limits, folder, link: this.#health.part("link"), room });
      },
    };
  }

  #ready(): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const { phase } = this.#health;
        if (phase === "starting") return;
        forget();
        if (phase === "ready") resolve();
        else
          reject(
            this.#failure ?? new LinkProblem("connect_failed", "the agent was closed before it was ready"),
          );
      };
      const forget = this.#health.watch(look);
      look();
    });
  }

  #late(timeout: number): LinkProblem {
    const troubles = this.#health
      .report()
      .parts.flatMap(({ name, problem }) => (problem ? [`${name}: ${problem.message}`] : []));
    const why = troubles.length > 0 ? `: ${troubles.join("; ")}` : "";
    return new LinkProblem("timed_out", `not ready within ${timeout} ms${why}`);
  }

  async #close(): Promise<void> {
    this.#life.ringStop("shutdown");
    await this.#running;
    this.#life.ringKill("shutdown");
    await this.#house.close(this.#life.kill);
    this.#health.enter("stopped");
  }
}

/** An agent that must keep something on disk has to be told where: not in whatever folder the program stands in. */
function asked(stateDir: string | undefined, does: string): string {
  if (stateDir !== undefined) return stateDir;
  throw new ConfigProblem("config_invalid", `this agent ${does}, but has no place for it`, {
    remedy: "Give `stateDir` in the options of `embed`.",
  });
}
