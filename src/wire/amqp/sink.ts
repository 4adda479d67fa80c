import type { Sink } from "../../core/delivery.ts";
import { unless } from "../../core/life.ts";
import { LinkProblem, PartialProblem, type Problem, RejectedProblem } from "../../core/problems.ts";
import { AmqpBroker, type AmqpBrokerOptions } from "./broker.ts";
import type { AmqpConnection } from "./connection.ts";
import type { Ending } from "./ending.ts";
import type { AmqpProperties, AmqpTable } from "./message.ts";
import { type Outgoing, Outlet } from "./outlet.ts";
import { refusesMessage } from "./refusal.ts";
import { type AmqpExchange, declareExchange, inspect } from "./topology.ts";

/** A message that is to be published. */
export interface AmqpPublish {
  readonly body: Buffer;
  /** Default: the sink's. */
  readonly exchange?: string;
  /** Default: the sink's. */
  readonly routingKey?: string;
  readonly headers?: AmqpTable;
  readonly properties?: AmqpProperties;
}

export interface AmqpSinkOptions extends AmqpBrokerOptions {
  /** Where messages go; it is declared first, unless it says otherwise. Default: the default exchange, `""`. */
  readonly exchange?: AmqpExchange;
  /** Default: empty. With the default exchange it is the name of a queue. */
  readonly routingKey?: string;
  /** Whether a message that reaches no queue is refused, instead of being dropped by the broker. Default false. */
  readonly mandatory?: boolean;
  /** Whether messages that do not say so themselves are kept on the broker's disk. Default true. */
  readonly persistent?: boolean;
  /** Told when the broker takes no messages (`connection.blocked`), and when it does again. */
  blocked?(problem: LinkProblem | undefined): void;
}

/** A message, and what became of it: undefined if it arrived. */
type Result = Problem | undefined;

/**
 * Publishes to an exchange. `write` resolves when the broker has confirmed every message (publisher confirms).
 * It connects at the first write and keeps the connection until it breaks, or `close` is called.
 *
 * Throws RejectedProblem for a message that the broker does not take as it is, and with `mandatory` for one that
 * reaches no queue; LinkProblem for one that was not confirmed. After a broken connection, some may be there twice.
 */
export class AmqpSink implements Sink<AmqpPublish> {
  readonly #options: AmqpSinkOptions;
  readonly #broker: AmqpBroker;
  #life = new AbortController();
  #connection: Promise<AmqpConnection> | undefined;
  /** The last one that was opened. */
  #opened: AmqpConnection | undefined;
  #outlet: Promise<Outlet> | undefined;

  /** Throws ConfigProblem for a URL that cannot be read. */
  constructor(options: AmqpSinkOptions) {
    this.#options = options;
    this.#broker = new AmqpBroker(options);
  }

  async write(items: readonly AmqpPublish[], signal: AbortSignal): Promise<void> {
    const messages = items.map((item) => this.#outgoing(item));
    const results = await this.#publish(this.#ready(signal), messages, signal);
    for (const [index, result] of results.entries()) {
      // The broker closed the channel because of one message; which one it was shows when each goes alone.
      if (result && refusesMessage(result.cause)) {
        results[index] = await this.#publishAlone(messages[index]!, signal);
      }
    }
    complain(results);
  }

  async probe(signal: AbortSignal): Promise<void> {
    const { exchange } = this.#options;
    const connection = await this.#broker.connect(signal);
    try {
      await unless(signal, inspect(connection, exchange ? { exchange } : {}));
    } finally {
      await connection.close();
    }
  }

  /** Closes the connection. What is being written fails; a later write connects again. */
  async close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#outlet = undefined;
    this.#life.abort();
    this.#life = new AbortController();
    await (await connection?.catch(() => undefined))?.close();
  }

  async #publish(
    outlet: Promise<Outlet>,
    messages: readonly Outgoing[],
    signal: AbortSignal,
  ): Promise<Result[]> {
    const results = await (await outlet).publish(messages, signal);
    if (!results) throw this.#toldToStop();
    return [...results];
  }

  /** On a channel of its own, so that nobody else's message can be what the broker refuses. */
  async #publishAlone(message: Outgoing, signal: AbortSignal): Promise<Result> {
    const outlet = await this.#until(signal, this.#connected().then(Outlet.open));
    try {
      const [result] = await this.#publish(Promise.resolve(outlet), [message], signal);
      if (!result || !refusesMessage(result.cause)) return result;
      return new RejectedProblem("item_refused", result.message, { cause: result });
    } finally {
      await outlet.close();
    }
  }

  #outgoing({ body, exchange, routingKey, headers = {}, properties }: AmqpPublish): Outgoing {
    const { exchange: usual, routingKey: usually = "", mandatory = false, persistent = true } = this.#options;
    const deliveryMode = properties?.deliveryMode ?? (persistent ? 2 : 1);
    return {
      body,
      exchange: exchange ?? usual?.name ?? "",
      routingKey: routingKey ?? usually,
      options: { ...properties, headers, mandatory, deliveryMode },
    };
  }

  async #ready(signal: AbortSignal): Promise<Outlet> {
    if (signal.aborted) throw this.#toldToStop();
    this.#outlet ??= kept(this.#connected().then(Outlet.open), (outlet) => {
      if (this.#outlet === outlet) this.#outlet = undefined;
    });
    return this.#until(signal, this.#outlet);
  }

  #connected(): Promise<AmqpConnection> {
    this.#connection ??= kept(this.#connect(), (connection) => {
      if (this.#connection === connection) this.#connection = undefined;
    });
    return this.#connection;
  }

  /** Not by the signal of a write: other writes wait for the same connection. */
  async #connect(): Promise<AmqpConnection> {
    const { exchange } = this.#options;
    const connection = await this.#broker.connect(this.#life.signal, this.#options);
    try {
      if (exchange) await declareExchange(connection, exchange);
      this.#opened = connection;
      return connection;
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  async #until<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
    const value = await unless(signal, promise);
    if (value === undefined) throw this.#toldToStop();
    return value;
  }

  /** Whoever looks for the reason shall find the alarm of the broker, where there is one, and not the network. */
  #toldToStop(): LinkProblem {
    const { blocked, gone } = this.#opened ?? {};
    if (blocked && !gone?.problem) return blocked;
    return new LinkProblem("connect_failed", "told to stop before the broker had confirmed");
  }
}

/** Has a connection or a channel forgotten when it has ended, or could not be opened. */
function kept<T extends { readonly gone: Ending }>(
  opening: Promise<T>,
  forget: (opening: Promise<T>) => void,
): Promise<T> {
  const ended = () => forget(opening);
  opening.then((opened) => opened.gone.hear(ended), ended);
  return opening;
}

/** Throws what the results amount to. */
function complain(results: readonly Result[]): void {
  const failed = new Map(results.flatMap((problem, index) => (problem ? [[index, problem]] : [])));
  if (failed.size === 0) return;
  const [first] = failed.values();
  // One trouble for all of them is a trouble of the link, or the only item's.
  const one = failed.size === results.length && [...failed.values()].every((problem) => problem === first);
  throw one && first ? first : new PartialProblem(failed);
}
