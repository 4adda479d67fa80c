import { randomUUID } from "node:crypto";
import type { Host } from "../../core/agent.ts";
import { Bell } from "../../core/bell.ts";
import type { Health } from "../../core/health.ts";
import { type Life, unless } from "../../core/life.ts";
import { messageOf } from "../../core/problems.ts";
import { AmqpSink } from "../../wire/amqp/sink.ts";
import { dial } from "../../wire/redis/dial.ts";
import { brokerOf } from "./brokers.ts";
import type { LineConfig } from "./config.ts";
import { tlsFiles } from "./config-tls.ts";
import type { CeleryEvent } from "./event.ts";

/** A worker that was not there in time forgets the command, in seconds. */
const EXPIRES = 60;

/** So often each process of a worker is told, and so many are remembered. */
const TIMES = 3;
const MOST = 10_000;

const BODY = JSON.stringify({
  method: "enable_events",
  arguments: {},
  destination: null,
  pattern: null,
  matcher: null,
});

/** Tells all workers to send task events: when the source comes up, and when a worker comes online. Source: leek §5.1. */
export class EventEnabler {
  readonly #config: LineConfig;
  readonly #host: Host;
  readonly #bell = new Bell();
  /** How often each process of a worker was told. */
  readonly #told = new Map<string, number>();
  sent = 0;

  constructor(config: LineConfig, host: Host) {
    this.#config = config;
    this.#host = host;
  }

  /** A worker that comes online may not listen to commands yet: so it is told again with its first heartbeats. */
  see(event: CeleryEvent): void {
    if (event.type !== "worker-online" && event.type !== "worker-heartbeat") return;
    const process = `${event.hostname} ${event.pid}`;
    const told = this.#told.get(process) ?? 0;
    if (told >= TIMES || (told === 0 && this.#told.size >= MOST)) return;
    this.#told.set(process, told + 1);
    this.#bell.ring();
  }

  async run(life: Life): Promise<void> {
    const forget = this.#watch(this.#host.health);
    try {
      while (!life.stop.aborted) {
        await this.#bell.rung(life.stop);
        if (!life.stop.aborted) await this.#tell(life.stop);
      }
    } finally {
      forget();
    }
  }

  #watch(health: Health): () => void {
    const link = this.#config.from.redis ? "link" : "source";
    return health.watch((part) => {
      if (part?.name === link && part.state === "up") this.#bell.ring();
    });
  }

  async #tell(signal: AbortSignal): Promise<void> {
    const { amqp, redis } = this.#config.from;
    try {
      if (amqp) await this.#publish(signal);
      if (redis) await this.#broadcast(signal);
      this.sent++;
    } catch (error) {
      if (signal.aborted) return;
      this.#host.log.warn({ reason: messageOf(error) }, "workers could not be told to send task events");
    }
  }

  async #publish(signal: AbortSignal): Promise<void> {
    const { url, tls, heartbeat } = this.#config.from.amqp!;
    const sink = new AmqpSink({
      urls: url,
      heartbeat,
      ...(tls && { tls: tlsFiles(tls) }),
      // Workers make it; where there is none, nobody listens.
      exchange: { name: "celery.pidbox", type: "fanout", durable: false, declare: false },
    });
    try {
      const properties = { contentType: "application/json", contentEncoding: "utf-8", deliveryMode: 1 };
      await sink.write([{ body: Buffer.from(BODY), headers: headers(), properties }], signal);
    } finally {
      await sink.close();
    }
  }

  async #broadcast(signal: AbortSignal): Promise<void> {
    const redis = this.#config.from.redis!;
    const broker = brokerOf(redis);
    const dialled = await dial(broker, signal, false);
    try {
      const channel = `${redis.global_keyprefix}/${broker.db}.celery.pidbox`;
      await unless(signal, dialled.client.sendCommand(["PUBLISH", channel, envelope()]));
    } finally {
      dialled.close();
    }
  }
}

function headers(): { readonly clock: number; readonly expires: number } {
  return { clock: 1, expires: Date.now() / 1_000 + EXPIRES };
}

function envelope(): string {
  return JSON.stringify({
    body: Buffer.from(BODY).toString("base64"),
    "content-encoding": "utf-8",
    "content-type": "application/json",
    headers: headers(),
    properties: {
      delivery_mode: 2,
      delivery_info: { exchange: "celery.pidbox", routing_key: "" },
      priority: 0,
      body_encoding: "base64",
      delivery_tag: randomUUID(),
    },
  });
}
