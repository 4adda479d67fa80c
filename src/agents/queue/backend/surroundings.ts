import type { Log } from "../../../core/log.ts";
import type { AmqpPublish } from "../../../wire/amqp/sink.ts";
import type { Profile } from "../profile.ts";
import type { Call } from "./call.ts";
import type { Gate } from "./gate.ts";

/** What layers may use of the agent they belong to. */
export interface Surroundings {
  readonly profile: Profile;
  /** The time of a whole event, in milliseconds. */
  readonly timeout: number;
  readonly log: Log;
  /** Where a breaker or a limiter says that events had better wait. */
  readonly gate: Gate;
  /** Whether somebody reads the data of answers. If not, decoding only checks. */
  readonly readsData: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A call as a message for a queue, without its routing key. */
  message(call: Call): AmqpPublish;
  /** Something that has to be closed when the agent ends. */
  owns(closing: Closing): void;
  /** Work that must be done before the first event, such as reading a file. What it throws is thrown by the agent. */
  prepares(task: (signal: AbortSignal) => Promise<void>): void;
  /** Whether an event may succeed later that was answered with this status. */
  triesAgain(status: number): boolean;
  /** Told about each call of a backend: how long it took in milliseconds, and the class of its status, or a problem's code. */
  called(backend: string, ms: number, result: string): void;
}

/** Something that a stack opened and that has to be closed with it: a pool, a connection, a timer. */
export interface Closing {
  close(): Promise<void>;
}
