import type { ConsumeMessage, Options } from "amqplib";
import type { Delivery } from "../../core/delivery.ts";
import type { Link } from "../../core/feed.ts";
import { unless, Within } from "../../core/life.ts";
import type { LinkProblem } from "../../core/problems.ts";
import { type Handful, oneByOne, type Source } from "../../core/source.ts";
import { AmqpBroker, type AmqpBrokerOptions } from "./broker.ts";
import type { AmqpConnection } from "./connection.ts";
import { type DepthOptions, depthOf, watchDepth } from "./depth.ts";
import { Intake } from "./intake.ts";
import type { AmqpMessage } from "./message.ts";
import { type AmqpTopology, declare, inspect, rehearse } from "./topology.ts";

export interface AmqpSourceOptions extends AmqpBrokerOptions, AmqpTopology {
  /**
   * How many messages may be out unsettled. 0 is no limit: the broker sends everything it has, which is kept in
   * memory. Default 100.
   */
  readonly prefetch?: number;
  /** The broker forgets a message as it sends it, and settling does nothing; `prefetch` is ignored. Default false. */
  readonly autoAck?: boolean;
  /** Not what this connection has published; RabbitMQ ignores it. Default false. */
  readonly noLocal?: boolean;
  /** Nobody else may take from the queue. Default false. */
  readonly exclusive?: boolean;
  /** The consumer's name, as the broker shows it. Default: the broker makes one up. */
  readonly consumerTag?: string;
  /** Such as `x-priority`, `x-stream-offset`. */
  readonly consumerArguments?: Readonly<Record<string, unknown>>;
  /**
   * What `reject` is to the broker. `ack`: we have kept it elsewhere. `discard`: it goes to the queue's dead letter
   * exchange, or is dropped where there is none. Default `discard`.
   */
  readonly onReject?: "ack" | "discard";
  /** Told when the broker takes no messages (`connection.blocked`), and when it does again. */
  blocked?(problem: LinkProblem | undefined): void;
  /**
   * Told what was thrown by `read`. Such a message is passed over; it stays unsettled, and comes again with the next
   * connection.
   */
  unreadable?(reason: unknown): void;
  /** Told now and then how many messages wait in the queue. Default: nobody asks. */
  readonly depth?: DepthOptions;
}

/**
 * A queue of RabbitMQ, or of another broker that speaks AMQP 0-9-1, as a source of work. What it needs is declared each
 * time it is opened. Messages come at least once, and in order, except for those that come again.
 */
export class AmqpSource<T = AmqpMessage> implements Source<T> {
  readonly #options: AmqpSourceOptions;
  readonly #read: (message: AmqpMessage) => T;
  readonly #broker: AmqpBroker;
  #linked: { readonly connection: AmqpConnection; readonly queue: string } | undefined;

  /**
   * Throws ConfigProblem for a URL that cannot be read.
   * @param read what a message is to who takes it. Default: itself
   */
  constructor(options: AmqpSourceOptions, read = (message: AmqpMessage) => message as T) {
    this.#options = options;
    this.#read = read;
    this.#broker = new AmqpBroker(options);
  }

  open(link: Link<Delivery<T>>): AsyncGenerator<Delivery<T>> {
    return oneByOne(this.handfuls(link));
  }

  async *handfuls(link: Link<Delivery<T>>): AsyncGenerator<Handful<T>> {
    const { signal } = link;
    if (signal.aborted) return;
    const connection = await this.#broker.connect(signal, this.#options);
    let watched: Within | undefined;
    let intake: Intake<T> | undefined;
    try {
      intake = await unless(signal, this.#consume(connection));
      if (!intake) return;
      this.#linked = { connection, queue: intake.queue };
      // Not before: what a broker says while we declare is no sign that we are served.
      connection.hear(() => link.up());
      link.up();
      const { depth } = this.#options;
      if (depth) {
        watched = new Within(signal);
        void watchDepth(connection, intake.queue, depth, watched.signal);
      }
      for (let next = await intake.next(signal); next; next = await intake.next(signal)) yield next;
    } finally {
      this.#linked = undefined;
      watched?.end();
      intake?.close();
      await connection.close(intake?.channel);
    }
  }

  /** How many messages are ready in the queue; undefined while there is no link. Throws a Problem. */
  async depth(): Promise<number | undefined> {
    return this.#linked && depthOf(this.#linked.connection, this.#linked.queue);
  }

  async probe(signal: AbortSignal): Promise<void> {
    const connection = await this.#broker.connect(signal);
    try {
      await unless(signal, inspect(connection, this.#options));
    } finally {
      await connection.close();
    }
  }

  /** Declares once more what is there already; see `rehearse`. Throws a Problem. */
  async rehearse(what: "exchange" | "queue", signal: AbortSignal): Promise<void> {
    const connection = await this.#broker.connect(signal);
    try {
      await unless(signal, rehearse(connection, { [what]: this.#options[what] }));
    } finally {
      await connection.close();
    }
  }

  async #consume(connection: AmqpConnection): Promise<Intake<T>> {
    const { prefetch = 100, autoAck = false, onReject = "discard" } = this.#options;
    const queue = await declare(connection, this.#options);
    const channel = await connection.channel();
    const intake = new Intake(channel, queue, {
      where: connection.where,
      autoAck,
      onReject,
      read: this.#read,
      unreadable: (reason) => this.#options.unreadable?.(reason),
    });
    const { raw } = channel;
    if (prefetch > 0 && !autoAck) await connection.attempt("declaring", () => raw.prefetch(prefetch));
    const take = (message: ConsumeMessage | null) => intake.take(message);
    await connection.attempt("declaring", () => raw.consume(queue, take, this.#consumer()));
    return intake;
  }

  #consumer(): Options.Consume {
    const { autoAck = false, noLocal = false, exclusive = false } = this.#options;
    const { consumerTag, consumerArguments = {} } = this.#options;
    const named = consumerTag !== undefined && { consumerTag };
    return { noAck: autoAck, noLocal, exclusive, arguments: consumerArguments, ...named };
  }
}
