import type { Delivery } from "./delivery.ts";
import type { Feed, Link } from "./feed.ts";

/** A source of work: a feed of deliveries. */
export interface Source<T> extends Feed<Delivery<T>> {
  /**
   * The same as `open`, in handfuls: what came together is handed over together, and costs one turn of waiting instead
   * of one each. A handful is taken from as long as there is room, so it is lazy: what nobody took of it is not out.
   * It ends at once when the signal has rung. Default: handfuls of one.
   */
  handfuls?(link: Link<Delivery<T>>): AsyncIterable<Handful<T>>;
}

/** Deliveries that are there already. It is gone through once. */
export type Handful<T> = Iterable<Delivery<T>>;

/** A source as a feed of its handfuls; they hold one delivery each where it knows no handfuls. */
export function handfulsOf<T>(source: Source<T>): Feed<Handful<T>> {
  return {
    open: (link) => handfuls(source, { ...link, after: undefined }),
    ...(source.hurried && { hurried: (signal: AbortSignal) => source.hurried!(signal) }),
  };
}

/** The handfuls of a source; they hold one delivery each where it knows no handfuls. */
export function handfuls<T>(source: Source<T>, link: Link<Delivery<T>>): AsyncIterable<Handful<T>> {
  return source.handfuls?.(link) ?? ones(source.open(link));
}

/** What comes in handfuls, one by one: the `open` of a source that has handfuls. */
export async function* oneByOne<T>(all: AsyncIterable<Handful<T>>): AsyncGenerator<Delivery<T>> {
  for await (const handful of all) yield* handful;
}

async function* ones<T>(deliveries: AsyncIterable<Delivery<T>>): AsyncGenerator<Handful<T>> {
  for await (const delivery of deliveries) yield [delivery];
}
