import type { Agent, Host } from "../../core/agent.ts";
import { backoff } from "../../core/backoff.ts";
import { Health } from "../../core/health.ts";
import { InnerLife, type Life, later, sleep } from "../../core/life.ts";
import { FieldLog } from "../../core/log.ts";
import { mirrored } from "../../core/mirror.ts";
import { messageOf } from "../../core/problems.ts";
import { revealed } from "../../core/secret.ts";
import type { LineConfig } from "./config.ts";
import { Line } from "./line.ts";

/** How long a subscription that is replaced or removed may take to finish, in milliseconds. */
const GRACE = 8_000;

const waits = backoff("exponential-jitter");

/** Where one subscription lives while its configuration changes, and after it fell. */
export class Berth implements Pick<Agent, "run"> {
  readonly name: string;
  readonly #host: Host;
  #wanted: LineConfig | undefined;
  #lifetime: InnerLife | undefined;
  #line: Line | undefined;

  constructor(name: string, host: Host) {
    this.name = name;
    this.#host = host;
  }

  get line(): Line | undefined {
    return this.#line;
  }

  /** Nothing happens if it is what it was. @param wanted undefined ends it */
  want(wanted: LineConfig | undefined): void {
    if (same(wanted, this.#wanted)) return;
    this.#wanted = wanted;
    const lifetime = this.#lifetime;
    if (!lifetime) return;
    lifetime.ringStop(wanted ? "replaced" : "removed");
    later(GRACE, () => lifetime.ringKill("replaced")).unref();
  }

  /** Runs what is wanted until nothing is. */
  async run(life: Life): Promise<void> {
    for (let falls = 0; this.#wanted && !life.stop.aborted; ) {
      const before = this.#wanted;
      const fell = await this.#once(before, life);
      falls = fell && before === this.#wanted ? falls + 1 : 0;
      if (falls > 0) await sleep(waits(falls - 1), life.stop);
    }
  }

  /** @returns whether it fell */
  async #once(config: LineConfig, life: Life): Promise<boolean> {
    const lifetime = new InnerLife(life);
    this.#lifetime = lifetime;
    const health = new Health();
    const forget = mirrored(health, this.#host.health, this.name);
    try {
      this.#line = new Line(this.name, config, hostOf(this.#host, this.name, health));
      await this.#line.run(lifetime);
      return false;
    } catch (error) {
      this.#host.log.error(
        { err: error, subscription: this.name },
        `a subscription fell: ${messageOf(error)}`,
      );
      return true;
    } finally {
      forget();
      lifetime.release();
      lifetime.ringKill("stopped");
      this.#lifetime = undefined;
      this.#line = undefined;
    }
  }
}

function same(one: LineConfig | undefined, other: LineConfig | undefined): boolean {
  return JSON.stringify(revealed(one)) === JSON.stringify(revealed(other));
}

/** What one subscription may ask of the process. @param health its own; a new one for a line that is only looked at */
export function hostOf(host: Host, name: string, health: Health = new Health()): Host {
  return {
    ...host,
    name: `${host.name}/${name}`,
    health,
    log: new FieldLog(host.log, { subscription: name }),
    snapshot: (part = "", codec) => host.snapshot(`${name}/${part}`, codec),
    file: (file) => host.file(`${name}/${file}`),
    spool: (feed, limits) =>
      host.spool(feed, {
        ...limits,
        name,
        link: health.part("link"),
        room: () => health.part("spool"),
      }),
  };
}
