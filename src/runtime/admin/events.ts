import type { Context } from "hono";
import { type SSEStreamingApi, streamSSE } from "hono/streaming";
import { Bell } from "../../core/bell.ts";
import { onAbort } from "../../core/life.ts";
import type { Outrider } from "../outrider.ts";

/** A comment is sent at least this often, in milliseconds, so that proxies keep the connection. */
const HEARTBEAT = 15_000;

/** So many lines of a log wait for a slow reader; what is older is left out. */
const WAITING = 500;

interface Event {
  readonly event: string;
  readonly data: string;
}

/**
 * Server-sent events: first the state of every agent, then each change of one. An `agent` event carries what
 * `GET /api/agents` says of it; `gone` tells that it was removed. `problem`, `reloaded`, `pulse` and, for the agent
 * that `?log=` names, `log` tell the rest.
 *
 * A slow reader is sent the newest state of each agent, and the newest pulse, not every one in between.
 */
export function events(outrider: Outrider, c: Context): Response {
  const log = c.req.query("log");
  return streamSSE(c, async (stream) => {
    const reader = new Reader(outrider, log);
    const heartbeat = setInterval(() => void stream.write(": \n\n"), HEARTBEAT);
    stream.onAbort(() => reader.bell.ring());
    try {
      await follow(reader, outrider, stream);
    } finally {
      clearInterval(heartbeat);
      reader.leave();
    }
  });
}

async function follow(reader: Reader, outrider: Outrider, stream: SSEStreamingApi): Promise<void> {
  while (!stream.aborted && !outrider.closing.aborted) {
    for (const event of reader.news()) {
      await stream.writeSSE(event);
      if (stream.aborted) return;
    }
    await reader.bell.rung();
  }
}

/** What one reader was not told yet. */
class Reader {
  readonly bell = new Bell();
  readonly #outrider: Outrider;
  readonly #changed: Set<string>;
  /** How many problems of each agent were told. */
  readonly #met = new Map<string, number>();
  readonly #forget: readonly (() => void)[];
  #pulse: Event | undefined;
  #waiting: Event[] = [];

  constructor(outrider: Outrider, log: string | undefined) {
    this.#outrider = outrider;
    this.#changed = new Set(outrider.config.agents.keys());
    for (const name of this.#changed) this.#met.set(name, this.#troubles(name)?.met ?? 0);
    this.#forget = [
      outrider.supervisor.watch((name) => {
        this.#changed.add(name);
        this.bell.ring();
      }),
      outrider.reloads.watch((reloaded) => this.#tell("reloaded", reloaded)),
      outrider.pulses.rounds.watch(({ at, figures }) => {
        this.#pulse = event("pulse", { at, agents: figures() });
        this.bell.ring();
      }),
      outrider.tail.news.watch(({ agent, line }) => {
        if (log !== undefined && agent === log) this.#tell("log", { name: agent, ...line });
      }),
      onAbort(outrider.closing, () => this.bell.ring()),
    ];
  }

  /** What is to be told now; what comes meanwhile is told too. */
  *news(): Generator<Event> {
    for (const name of [...this.#changed]) {
      this.#changed.delete(name);
      yield this.#stateOf(name);
      yield* this.#problemsOf(name);
    }
    while (this.#waiting.length > 0) yield this.#waiting.shift()!;
    const pulse = this.#pulse;
    this.#pulse = undefined;
    if (pulse) yield pulse;
  }

  leave(): void {
    for (const forget of this.#forget) forget();
  }

  #tell(name: string, data: object): void {
    if (this.#waiting.length === WAITING) this.#waiting.shift();
    this.#waiting.push(event(name, data));
    this.bell.ring();
  }

  #stateOf(name: string): Event {
    const known = this.#outrider.config.agents.has(name);
    return known ? event("agent", this.#outrider.status(name)) : event("gone", { name });
  }

  *#problemsOf(name: string): Generator<Event> {
    const troubles = this.#troubles(name);
    if (!troubles) return void this.#met.delete(name);
    const fresh = troubles.met - (this.#met.get(name) ?? 0);
    this.#met.set(name, troubles.met);
    if (fresh <= 0) return;
    for (const trouble of troubles.list.slice(0, fresh).reverse())
      yield event("problem", { name, ...trouble });
  }

  #troubles(name: string) {
    return this.#outrider.supervisor.ward(name)?.health.troubles;
  }
}

function event(name: string, data: object): Event {
  return { event: name, data: JSON.stringify(data) };
}
