import type { Duplex } from "node:stream";
import type { Channel, ChannelModel, ConfirmChannel } from "amqplib";
import { settlesWithin } from "../../core/life.ts";
import { LinkProblem, type Problem } from "../../core/problems.ts";
import { Ending } from "./ending.ts";
import { brokerProblem, type Doing } from "./refusal.ts";

/** How long a farewell may take, in milliseconds. A feed has to end within a second of its signal. */
const FAREWELL = 700;

/** Who wants to hear of a connection. */
export interface AmqpListener {
  /** The broker takes no messages now, for the reason given; or it does again. */
  blocked?(problem: LinkProblem | undefined): void;
}

export interface AmqpChannel<C extends Channel = Channel> {
  readonly raw: C;
  readonly gone: Ending;
}

/** An open connection to a broker. */
export class AmqpConnection {
  /** The broker's address, as it may be shown. */
  readonly where: string;
  /** Why the broker takes no messages now; undefined while it does. */
  blocked: LinkProblem | undefined;
  readonly #model: ChannelModel;
  readonly #cut: AbortController;
  readonly gone = new Ending();
  #failure: unknown;
  #waiting: (() => void)[] = [];

  /** @param cut destroys the socket */
  constructor(model: ChannelModel, where: string, cut: AbortController, listener: AmqpListener = {}) {
    this.#model = model;
    this.where = where;
    this.#cut = cut;
    model.on("error", (error) => {
      this.#failure ??= error;
    });
    model.on("close", (error) => this.#ended(error));
    model.on("blocked", (reason) => this.#block(listener, reason));
    model.on("unblocked", () => this.#block(listener, undefined));
  }

  /** Calls back whenever something comes from the broker, be it a heartbeat. */
  hear(alive: () => void): void {
    socketOf(this.#model)?.on("readable", alive);
  }

  /** A new channel. Throws a Problem. */
  async channel(): Promise<AmqpChannel> {
    return this.#watch(await this.attempt("connecting", () => this.#model.createChannel()));
  }

  /** A new channel on which the broker confirms what it took. Throws a Problem. */
  async confirmChannel(): Promise<AmqpChannel<ConfirmChannel>> {
    return this.#watch(await this.attempt("connecting", () => this.#model.createConfirmChannel()));
  }

  /** Resolves when the broker takes messages, or the connection has ended. */
  async flowing(): Promise<void> {
    if (!this.blocked || this.gone.problem) return;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /**
   * Does something with the broker; what goes wrong is thrown as a Problem. So is the end of the connection: the library
   * keeps whoever closes a channel waiting then.
   */
  async attempt<T>(doing: Doing, act: () => Promise<T>): Promise<T> {
    try {
      return await this.gone.before(act());
    } catch (error) {
      throw this.problem(error, doing);
    }
  }

  /** What an error on this connection is to us. */
  problem(error: unknown, doing: Doing): Problem {
    // Whoever waits for an answer only hears that there will be none; the connection knows why.
    return brokerProblem(this.#failure ?? error, this.where, doing);
  }

  /**
   * Closes a channel, which lets everything through that was written to it, then the connection. What does not answer
   * in time is cut off. Never rejects.
   */
  async close(channel?: AmqpChannel): Promise<void> {
    await settlesWithin(FAREWELL, this.#farewell(channel));
    this.#cut.abort();
  }

  async #farewell(channel: AmqpChannel | undefined): Promise<void> {
    try {
      if (channel && !channel.gone.problem) await channel.raw.close();
    } catch {
      // It was closed by the broker meanwhile.
    }
    if (this.gone.problem) return;
    const closed = new Promise((resolve) => socketOf(this.#model)?.once("close", resolve));
    await this.#model.close();
    // Our last word has to arrive before the socket goes.
    await closed;
  }

  #watch<C extends Channel>(raw: C): AmqpChannel<C> {
    const gone = new Ending();
    let failure: unknown;
    raw.on("error", (error) => {
      failure = error;
    });
    raw.on("close", () => {
      // The connection tells its channels that it ended before it tells us why.
      queueMicrotask(() => gone.come(this.problem(failure ?? new Error("channel closed"), "working")));
    });
    return { raw, gone };
  }

  #block(listener: AmqpListener, reason: string | undefined): void {
    const message = `${this.where} takes no messages now: ${reason}`;
    this.blocked = reason === undefined ? undefined : new LinkProblem("broker_blocked", message);
    listener.blocked?.(this.blocked);
    if (!this.blocked) this.#flow();
  }

  #flow(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #ended(error: unknown): void {
    this.#failure ??= error;
    this.gone.come(this.problem(new Error("connection closed"), "working"));
    this.#flow();
    const socket = socketOf(this.#model);
    if (!socket || socket.destroyed) return;
    // One that says nothing any more would not hear our end either.
    void settlesWithin(FAREWELL, new Promise((resolve) => socket.once("close", resolve))).then(() => {
      this.#cut.abort();
    });
  }
}

/** The library keeps its socket to itself, but has no other sign of heartbeats. */
function socketOf({ connection }: ChannelModel): Duplex | undefined {
  return (connection as { stream?: Duplex }).stream;
}
