import { resolve } from "node:path";
import { Turns } from "../core/turns.ts";

interface Queue {
  readonly turns: Turns;
  waiting: number;
}

const queues = new Map<string, Queue>();

/** Of all that is done to a file under this name in this process, one thing after the other. */
export async function inTurn<T>(path: string, act: () => Promise<T>): Promise<T> {
  const name = resolve(path);
  const queue = queues.get(name) ?? { turns: new Turns(), waiting: 0 };
  queues.set(name, queue);
  queue.waiting++;
  try {
    return await queue.turns.take(act);
  } finally {
    if (--queue.waiting === 0) queues.delete(name);
  }
}
