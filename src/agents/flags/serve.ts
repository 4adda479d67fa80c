import { type Life, rung, Within } from "../../core/life.ts";
import { Chain } from "./chain.ts";
import { Desk } from "./desk.ts";
import { metrics } from "./metrics.ts";
import { Ofrep } from "./ofrep.ts";
import type { Relay } from "./relay.ts";
import { Streaming } from "./streaming.ts";

/** When a successor waits at the door, SDKs are sent away within so many milliseconds. */
const HAND_OVER = 1_000;

/** The agent's door, from its opening until everybody has been sent away. */
export class Serving {
  readonly #relay: Relay;
  readonly #streaming: Streaming;
  readonly #ofrep: Ofrep | undefined;
  readonly #chain: Chain | undefined;
  readonly #desk: Desk;

  constructor(relay: Relay) {
    const { host, hub, admissions, config } = relay;
    this.#relay = relay;
    const chain = config.chain && new Chain(relay, config.chain.keys);
    this.#chain = chain;
    this.#streaming = new Streaming({
      chain,
      hub,
      admissions,
      limits: config.limits,
      turned: (reason) => host.metrics.counter(metrics.turned, { reason }).inc(),
      joined: ({ type }) => host.metrics.counter(metrics.connected, { type }).inc(),
      odd: (_, what) => host.log.warn({ what }, "an SDK says something odd"),
      fell: (err) => host.log.error({ err }, "a message met a defect"),
    });
    this.#ofrep = config.ofrep.enabled ? new Ofrep(relay) : undefined;
    this.#desk = new Desk(relay, this.#streaming, this.#ofrep, {
      ...(chain && { "POST /api/public/agent/register": (_, asking) => chain.register(asking) }),
    });
  }

  /** Opens the door at once, data or not: whoever comes too early is put off, and not refused for good. */
  async run(life: Life): Promise<void> {
    const { host, config } = this.#relay;
    const tenancy = await host.doors.open(config.listen, this.#desk.tenant);
    this.#streaming.begin();
    host.log.info({ address: tenancy.address }, "serving flags");
    await rung(life.stop);
    // Readiness fails first, so that nobody new is sent here.
    this.#relay.draining = true;
    const followed = life.stop.reason === "replaced" || life.stop.reason === "restarted";
    await this.#streaming.drain(followed ? Math.min(HAND_OVER, config.drain) : config.drain, life.kill);
    this.#ofrep?.end();
    await this.#chain?.end(life.kill);
    const within = new Within(life.kill, followed ? HAND_OVER : undefined);
    await tenancy.leave(within.signal);
    within.end();
  }
}
