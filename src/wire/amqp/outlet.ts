import type { ConfirmChannel, Message, Options } from "amqplib";
import { unless } from "../../core/life.ts";
import { LinkProblem, messageOf, type Problem, RejectedProblem } from "../../core/problems.ts";
import type { AmqpChannel, AmqpConnection } from "./connection.ts";
import type { Ending } from "./ending.ts";

/** A message as it goes to the broker. */
export interface Outgoing {
  readonly exchange: string;
  readonly routingKey: string;
  readonly body: Buffer;
  readonly options: Options.Publish;
}

/** A message that the broker has not confirmed yet. */
interface Pending {
  readonly message: Outgoing;
  /** Why the broker sent it back. A message that is sent back is confirmed all the same, afterwards. */
  returned: Problem | undefined;
}

/** One channel to publish through. */
export class Outlet {
  readonly #connection: AmqpConnection;
  readonly #channel: AmqpChannel<ConfirmChannel>;
  /** In the order they were published. */
  readonly #pending = new Set<Pending>();

  private constructor(connection: AmqpConnection, channel: AmqpChannel<ConfirmChannel>) {
    this.#connection = connection;
    this.#channel = channel;
    channel.raw.on("return", (message) => this.#returned(message));
  }

  /** Throws a Problem. */
  static async open(connection: AmqpConnection): Promise<Outlet> {
    return new Outlet(connection, await connection.confirmChannel());
  }

  get gone(): Ending {
    return this.#channel.gone;
  }

  /**
   * Publishes, and waits for the broker's word on each; not before a broker that takes nothing takes messages again.
   * @returns what became of each: undefined if it was confirmed. undefined for all if the signal rang first
   */
  async publish(
    messages: readonly Outgoing[],
    signal: AbortSignal,
  ): Promise<readonly (Problem | undefined)[] | undefined> {
    const flowing = await unless(
      signal,
      this.#connection.flowing().then(() => true),
    );
    if (!flowing || signal.aborted) return undefined;
    return unless(signal, Promise.all(messages.map((message) => this.#send(message))));
  }

  async close(): Promise<void> {
    if (this.gone.problem) return;
    await this.#connection.attempt("working", () => this.#channel.raw.close()).catch(() => {});
  }

  #send(message: Outgoing): Promise<Problem | undefined> {
    const pending: Pending = { message, returned: undefined };
    const { exchange, routingKey, body, options } = message;
    return new Promise((resolve) => {
      const confirmed = (error: unknown) => {
        this.#pending.delete(pending);
        if (!error) resolve(pending.returned);
        else if (/nacked/.test(messageOf(error))) resolve(this.#untaken());
        else this.#lost(resolve);
      };
      try {
        this.#channel.raw.publish(exchange, routingKey, body, options, confirmed);
        this.#pending.add(pending);
      } catch (error) {
        if (isIllegal(error)) this.#lost(resolve);
        else resolve(new RejectedProblem("item_refused", `the message cannot be sent: ${messageOf(error)}`));
      }
    });
  }

  /** The channel ended before the word came; why, it tells a moment later. */
  #lost(resolve: (problem: Problem) => void): void {
    this.gone.hear(resolve);
  }

  #untaken(): Problem {
    const message = `${this.#connection.where} did not take a message: a queue is full, or failed`;
    return new LinkProblem("server_failed", message, {
      remedy: "Look at the queue and at the broker's log.",
    });
  }

  #returned(message: Message): void {
    const { exchange, routingKey, replyText } = message.fields as Message["fields"] & { replyText?: string };
    const found = [...this.#pending].filter((pending) => !pending.returned && isAbout(pending, message));
    const pending = found.find((each) => hasSameHeaders(each, message)) ?? found[0];
    if (!pending) return;
    const told = `${replyText}: no queue takes what goes to exchange "${exchange}" with routing key "${routingKey}"`;
    pending.returned = new RejectedProblem("item_refused", `${this.#connection.where}: ${told}`);
  }
}

function isIllegal(error: unknown): boolean {
  return error instanceof Error && error.name === "IllegalOperationError";
}

/** Whether this is what came back. One that is equal in all that routes it would come back as well, so any will do. */
function isAbout({ message }: Pending, { fields, content }: Message): boolean {
  const { exchange, routingKey, body } = message;
  return exchange === fields.exchange && routingKey === fields.routingKey && body.equals(content);
}

function hasSameHeaders({ message }: Pending, { properties }: Message): boolean {
  return JSON.stringify(message.options.headers ?? {}) === JSON.stringify(properties.headers ?? {});
}
