import { sleep } from "../../core/life.ts";
import type { AmqpConnection } from "./connection.ts";

export interface DepthOptions {
  /** How often to ask, in milliseconds. */
  readonly every: number;
  /** How many messages are ready in the queue; those that are out do not count. */
  told(messages: number): void;
}

/**
 * Asks a broker now and then how many messages wait in a queue, by a passive declaration on a channel of its own.
 * Ends when the signal rings, or when the broker does not answer any more: then whoever consumes hears why.
 */
export async function watchDepth(
  connection: AmqpConnection,
  queue: string,
  { every, told }: DepthOptions,
  signal: AbortSignal,
): Promise<void> {
  try {
    const { raw } = await connection.channel();
    while (!signal.aborted) {
      const { messageCount } = await raw.checkQueue(queue);
      told(messageCount);
      await sleep(every, signal);
    }
  } catch {
    // The connection is ending, or the queue is gone.
  }
}

/** Asks it once. Throws a Problem. */
export async function depthOf(connection: AmqpConnection, queue: string): Promise<number> {
  const { raw } = await connection.channel();
  const { messageCount } = await connection.attempt("working", () => raw.checkQueue(queue));
  await connection.attempt("working", () => raw.close());
  return messageCount;
}
