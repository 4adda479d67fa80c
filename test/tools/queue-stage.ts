import { type ChannelModel, type ConfirmChannel, connect } from "amqplib";
import { expect, onTestFailed } from "vitest";
import { stringify } from "yaml";
import { kinds } from "../../src/agents/kinds.ts";
import { krakend } from "../../src/agents/queue/adapt/index.ts";
import { outriderOf } from "./in-process.ts";
import type { RabbitMq } from "./rabbitmq.ts";
import type { Tidy } from "./tidy.ts";
import { until } from "./until.ts";

type Data = Readonly<Record<string, unknown>>;

export const idsUpTo = (count: number, from = 1): number[] =>
  Array.from({ length: count }, (_, index) => from + index);
export const bodyOf = (id: number, more: Data = {}): Buffer => Buffer.from(JSON.stringify({ id, ...more }));

/** An Outrider in this process with these agents of ours, started, and what one asks it in tests. */
export async function runQueue(tidy: Tidy, agents: Record<string, Data>) {
  const written = (all: Record<string, Data>) =>
    stringify({
      admin: false,
      grace: "5s",
      agents: Object.fromEntries(Object.entries(all).map(([name, own]) => [name, { kind: "queue", ...own }])),
    });
  const made = await outriderOf(tidy, written(agents), kinds);
  const { outrider, source } = made;
  // Should the test fail, what the agents said last tells why.
  onTestFailed(() =>
    console.error(
      made.lines
        .slice(-20)
        .map((line) => JSON.stringify(line))
        .join("\n"),
    ),
  );
  await outrider.start();
  const reload = (changed: Record<string, Data>) => {
    source.text = written(changed);
    return outrider.reload();
  };
  const part = (name: string, which = "source") =>
    outrider.status(name).parts.find((each) => each.name === which);
  const isUp = (name: string, which = "source") =>
    until(`${which} of ${name} is up`, () => part(name, which)?.state === "up", { within: 20_000 });
  const inspect = (name: string) =>
    outrider.agent(name).agent?.inspect?.() as Record<string, number> & { paused: boolean };
  const stop = (name: string) => outrider.stopAgent(name);
  return { ...made, reload, part, isUp, inspect, stop };
}

/** What a krakend.json with these agents becomes. */
export function fromKrakend(document: Data, env: Record<string, string> = {}) {
  const { agents, notes } = krakend.adapt({ document: { version: 3, ...document }, env });
  return { agents: agents as Record<string, Data>, notes: notes.map(({ message }) => message) };
}

export interface AgentOfPeer {
  readonly queue: string;
  readonly host: string;
  readonly backend: string;
  readonly driver?: Data;
  readonly consumer?: Data;
  readonly connection?: Data;
  readonly layers?: Data;
}

/** An entry of `async_agent`. */
export function peerAgent({ queue, host, backend, ...more }: AgentOfPeer, name = "orders"): Data {
  const { driver, consumer, connection, layers } = more;
  const amqp = { name: queue, host, exchange: `${queue}-x`, durable: true, prefetch_count: 10, ...driver };
  return {
    name,
    connection: { backoff_strategy: "linear", ...connection },
    consumer: { topic: "#", workers: 2, timeout: "5s", ...consumer },
    backend: [{ host: [backend], url_pattern: "/in", method: "POST" }],
    extra_config: { "async/amqp": amqp, ...layers },
  };
}

/** Publishes to queues, and knows what the broker has confirmed. */
export class Publisher {
  readonly #broker: RabbitMq;
  #model: ChannelModel | undefined;
  #channel: ConfirmChannel | undefined;

  constructor(tidy: Tidy, broker: RabbitMq) {
    this.#broker = broker;
    tidy.later(() => this.close());
  }

  /** Puts bodies with these ids into a queue; resolves when the broker has all of them. */
  async put(queue: string, ids: readonly number[], more: Data = {}, options: Data = {}): Promise<void> {
    await this.send("", queue, ids, more, options);
  }

  async send(exchange: string, key: string, ids: readonly number[], more: Data = {}, options: Data = {}) {
    const channel = await this.#open();
    await Promise.all(
      ids.map(
        (id) =>
          new Promise<void>((resolve, reject) => {
            const told = (error: unknown) => (error ? reject(error as Error) : resolve());
            const properties = { persistent: true, messageId: String(id), ...options };
            channel.publish(exchange, key, bodyOf(id, more), properties, told);
          }),
      ),
    );
  }

  /** As `put`, one by one, again and again until the broker has confirmed it, whatever happens to the broker. */
  async insist(queue: string, ids: readonly number[], going = () => true): Promise<number[]> {
    const sent: number[] = [];
    for (const id of ids) {
      if (!going()) break;
      await until(`the broker takes ${id}`, () => this.put(queue, [id]).then(() => true), { within: 30_000 });
      sent.push(id);
    }
    return sent;
  }

  async channel(): Promise<ConfirmChannel> {
    return this.#open();
  }

  async close(): Promise<void> {
    const model = this.#model;
    this.#model = undefined;
    this.#channel = undefined;
    await model?.close().catch(() => {});
  }

  async #open(): Promise<ConfirmChannel> {
    if (this.#channel) return this.#channel;
    const model = await connect(this.#broker.url(), { clientProperties: { connection_name: "publisher" } });
    const forget = () => {
      if (this.#model === model) this.#model = this.#channel = undefined;
    };
    model.on("error", () => {}).on("close", forget);
    const channel = await model.createConfirmChannel();
    channel.on("error", () => {}).on("close", forget);
    this.#model = model;
    this.#channel = channel;
    return channel;
  }
}

/** Waits until a queue holds so many messages, taken and unsettled ones included. */
export async function queueHolds(
  broker: RabbitMq,
  name: string,
  wanted: { readonly ready?: number; readonly unacked?: number },
): Promise<void> {
  await until(
    `${name} holds ${JSON.stringify(wanted)}`,
    async () => {
      const { ready, unacked } = await broker.queue(name);
      return ready === (wanted.ready ?? ready) && unacked === (wanted.unacked ?? unacked);
    },
    { within: 15_000, every: 50 },
  );
}

/** Every id that was sent has arrived; says how many arrived more than once. */
export function expectAll(sent: readonly number[], taken: ReadonlyMap<number, number>): number {
  expect(sent.filter((id) => !taken.has(id))).toEqual([]);
  expect([...taken.keys()].filter((id) => !sent.includes(id))).toEqual([]);
  return [...taken.values()].reduce((sum, times) => sum + times - 1, 0);
}
