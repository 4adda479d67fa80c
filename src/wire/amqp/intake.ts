import type { Channel, ConsumeMessage } from "amqplib";
import { Bell } from "../../core/bell.ts";
import type { Delivery } from "../../core/delivery.ts";
import { LinkProblem, type Problem } from "../../core/problems.ts";
import type { Handful } from "../../core/source.ts";
import { Acks, type Teller } from "./acks.ts";
import type { AmqpChannel } from "./connection.ts";
import { type AmqpMessage, messageOf } from "./message.ts";

export interface IntakeOptions<T> {
  readonly where: string;
  readonly autoAck: boolean;
  readonly onReject: "ack" | "discard";
  readonly read: (message: AmqpMessage) => T;
  readonly unreadable: (reason: unknown) => void;
}

/** What comes through one channel, until it ends. */
export class Intake<T> {
  readonly channel: AmqpChannel;
  readonly queue: string;
  readonly #options: IntakeOptions<T>;
  readonly #acks: Acks;
  readonly #bell = new Bell();
  readonly #forget: () => void;
  #arrived: ConsumeMessage[] = [];
  /** What is being taken, the last one first. */
  #taking: ConsumeMessage[] = [];
  #trouble: Problem | undefined;

  constructor(channel: AmqpChannel, queue: string, options: IntakeOptions<T>) {
    this.channel = channel;
    this.queue = queue;
    this.#options = options;
    this.#acks = new Acks(tellerOf(channel), options.onReject);
    this.#forget = channel.gone.hear((problem) => this.#fail(problem));
  }

  /** @param message null is how the library says that the broker has cancelled the consumer */
  take(message: ConsumeMessage | null): void {
    if (message) this.#arrived.push(message);
    else {
      const told = `${this.#options.where}: the broker took queue "${this.queue}" away from us`;
      this.#fail(new LinkProblem("consumer_cancelled", told));
    }
    this.#bell.ring();
  }

  /** What comes next; undefined when the signal rings. Throws a Problem when the channel ends. */
  async next(signal: AbortSignal): Promise<Handful<T> | undefined> {
    while (!this.#waits() && !signal.aborted && !this.#trouble) await this.#bell.rung(signal);
    if (signal.aborted) return undefined;
    if (this.#trouble) throw this.#trouble;
    return this.#handful(signal);
  }

  /** What has arrived, and what arrives while it is taken. */
  *#handful(signal: AbortSignal): Generator<Delivery<T>> {
    // What is still here when the channel ends comes again, and cannot be settled any more.
    while (this.#waits() && !signal.aborted && !this.#trouble) {
      if (this.#taking.length === 0) {
        const taken = this.#taking;
        this.#taking = this.#arrived.reverse();
        this.#arrived = taken;
      }
      const delivery = this.#delivery(this.#taking.pop()!);
      if (delivery) yield delivery;
    }
  }

  #waits(): boolean {
    return this.#taking.length > 0 || this.#arrived.length > 0;
  }

  /** Tells the broker what was settled until now, and nothing any more. */
  close(): void {
    this.#forget();
    this.#acks.close();
  }

  /** @returns undefined for what cannot be read: thrown, it would end the link, and come again first of all */
  #delivery(message: ConsumeMessage): Delivery<T> | undefined {
    const { autoAck, read, unreadable } = this.#options;
    const settle = autoAck ? () => {} : this.#acks.begin(message.fields.deliveryTag);
    try {
      return { value: read(messageOf(message)), bytes: Math.max(1, message.content.length), settle };
    } catch (reason) {
      unreadable(reason);
      return undefined;
    }
  }

  #fail(problem: Problem): void {
    this.#trouble ??= problem;
    this.#bell.ring();
  }
}

/** A channel that has ended is told nothing: the broker gives everything again that it was not told of. */
function tellerOf({ raw, gone }: AmqpChannel): Teller {
  const tell = (say: (channel: Channel) => void) => {
    if (gone.problem) return;
    try {
      say(raw);
    } catch {
      // It is ending just now.
    }
  };
  const named = (deliveryTag: number) => ({ fields: { deliveryTag } }) as ConsumeMessage;
  return {
    ack: (tag, multiple) => tell((channel) => channel.ack(named(tag), multiple)),
    nack: (tag, requeue) => tell((channel) => channel.nack(named(tag), false, requeue)),
  };
}
