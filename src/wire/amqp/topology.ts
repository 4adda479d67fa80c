import type { Channel } from "amqplib";
import { DeniedProblem, Problem } from "../../core/problems.ts";
import type { AmqpChannel, AmqpConnection } from "./connection.ts";

/**
 * `true` makes what is missing, and is refused where something of that name is not the same. `passive` only looks
 * whether it is there. `adopt` makes what is missing and takes what is there as it is. `false` asks nothing.
 */
export type AmqpDeclare = boolean | "passive" | "adopt";

export interface AmqpExchange {
  readonly name: string;
  /** Default `topic`. */
  readonly type?: string;
  /** Whether it outlives the broker's restart. Default true. */
  readonly durable?: boolean;
  /** Whether it goes with its last binding. Default false. */
  readonly autoDelete?: boolean;
  /** Whether only other exchanges may publish to it. Default false. */
  readonly internal?: boolean;
  readonly arguments?: Readonly<Record<string, unknown>>;
  /** Default true. */
  readonly declare?: AmqpDeclare;
}

export interface AmqpQueue {
  /** Empty: the broker makes up a name for each link. */
  readonly name: string;
  /** Whether it outlives the broker's restart. Default true. */
  readonly durable?: boolean;
  /** Whether it goes with its last consumer. Default false. */
  readonly autoDelete?: boolean;
  /** Whether it belongs to this connection alone, and goes with it. Default false. */
  readonly exclusive?: boolean;
  /** Such as `x-queue-type: quorum`, `x-message-ttl`, `x-dead-letter-exchange`. */
  readonly arguments?: Readonly<Record<string, unknown>>;
  /** Default true. */
  readonly declare?: AmqpDeclare;
}

export interface AmqpTopology {
  readonly exchange?: AmqpExchange;
  readonly queue: AmqpQueue;
  /** Routing keys by which the queue is bound to the exchange. Default: none. */
  readonly bindings?: readonly string[];
  /** Of every binding: what a headers exchange matches by. */
  readonly bindingArguments?: Readonly<Record<string, unknown>>;
  /** Whether to bind at all. Default true. */
  readonly bind?: boolean;
  /** Told that something is there with other properties and was adopted as it is. */
  adopted?(problem: DeniedProblem): void;
}

type Act = (channel: Channel) => Promise<unknown>;

/** Declares exchange, queue and bindings, in this order. @returns the queue's name. Throws a Problem */
export async function declare(connection: AmqpConnection, topology: AmqpTopology): Promise<string> {
  const { exchange, queue, adopted } = topology;
  if (exchange) await declareExchange(connection, exchange, adopted);
  const name = await declareQueue(connection, queue, adopted);
  await bind(connection, topology, name);
  return name;
}

/** Looks whether everything is there that would not be declared. Makes nothing. Throws a Problem. */
export async function inspect(connection: AmqpConnection, topology: Partial<AmqpTopology>): Promise<void> {
  const { exchange, queue } = topology;
  const expected = ({ name, declare = true }: AmqpExchange | AmqpQueue) =>
    name !== "" && (declare === false || declare === "passive");
  if (exchange && expected(exchange)) await on(connection, (channel) => channel.checkExchange(exchange.name));
  if (queue && expected(queue)) await on(connection, (channel) => channel.checkQueue(queue.name));
}

/**
 * Declares once more what is there already, which changes nothing there: says whether we may, and whether it is what we
 * would make. What is not there is not made. Throws a Problem.
 */
export async function rehearse(connection: AmqpConnection, topology: Partial<AmqpTopology>): Promise<void> {
  const { exchange, queue } = topology;
  if (
    exchange &&
    exchange.name !== "" &&
    (await isThere(connection, (raw) => raw.checkExchange(exchange.name)))
  ) {
    await declareExchange(connection, { ...exchange, declare: true });
  }
  if (queue && queue.name !== "" && (await isThere(connection, (raw) => raw.checkQueue(queue.name)))) {
    await declareQueue(connection, queue, undefined);
  }
}

async function isThere(connection: AmqpConnection, look: Act): Promise<boolean> {
  try {
    await on(connection, look);
    return true;
  } catch (error) {
    if (error instanceof Problem && error.code === "object_missing") return false;
    throw error;
  }
}

export async function declareExchange(
  connection: AmqpConnection,
  exchange: AmqpExchange,
  adopted?: (problem: DeniedProblem) => void,
): Promise<void> {
  const { name, type = "topic", declare: how = true, arguments: more = {} } = exchange;
  // The default exchange is always there, and may not be declared.
  if (name === "") return;
  const { durable = true, autoDelete = false, internal = false } = exchange;
  const options = { durable, autoDelete, internal, arguments: more };
  const make: Act = (channel) => channel.assertExchange(name, type, options);
  await carryOut(connection, how, make, (channel) => channel.checkExchange(name), adopted);
}

async function declareQueue(
  connection: AmqpConnection,
  queue: AmqpQueue,
  adopted: AmqpTopology["adopted"],
): Promise<string> {
  const { name, declare: how = true, arguments: more = {} } = queue;
  const { durable = true, autoDelete = false, exclusive = false } = queue;
  const options = { durable, autoDelete, exclusive, arguments: more };
  let given = name;
  const make: Act = async (channel) => {
    given = (await channel.assertQueue(name, options)).queue;
  };
  await carryOut(connection, how, make, (channel) => channel.checkQueue(name), adopted);
  return given;
}

async function bind(connection: AmqpConnection, topology: AmqpTopology, queue: string): Promise<void> {
  const { exchange, bindings = [], bindingArguments = {}, bind = true } = topology;
  if (!exchange || exchange.name === "" || !bind) return;
  for (const key of bindings) {
    await on(connection, (channel) => channel.bindQueue(queue, exchange.name, key, bindingArguments));
  }
}

async function carryOut(
  connection: AmqpConnection,
  how: AmqpDeclare,
  make: Act,
  look: Act,
  adopted: AmqpTopology["adopted"],
): Promise<void> {
  if (how === false) return;
  if (how === "passive") return on(connection, look);
  try {
    await on(connection, make);
  } catch (error) {
    const differs = error instanceof DeniedProblem && error.code === "declaration_refused";
    if (how !== "adopt" || !differs) throw error;
    await on(connection, look);
    adopted?.(error);
  }
}

/** On a channel of its own, because a broker that refuses something closes the channel. */
async function on(connection: AmqpConnection, act: Act): Promise<void> {
  const channel: AmqpChannel = await connection.channel();
  await connection.attempt("declaring", () => act(channel.raw));
  await connection.attempt("declaring", () => channel.raw.close());
}
