import assert from "node:assert/strict";
import type { Delivery } from "../core/delivery.ts";
import type { Feed } from "../core/feed.ts";
import { Problem } from "../core/problems.ts";
import { comesTrue, type Law, law, type Make, patience, type Subject, thrownBy } from "./law.ts";
import { Opened } from "./opened.ts";

export interface SourceSubject<T> extends Subject {
  readonly source: Feed<Delivery<T>>;
  /** Puts so many items, no two alike, where the source finds them. @returns their values, in order */
  put(count: number): readonly T[] | Promise<readonly T[]>;
  /** Whether items come in the order in which they were put. Default true. */
  readonly ordered?: boolean;
  /** How many deliveries may be out unsettled, for a source that bounds them. */
  readonly prefetch?: number;
}

const values = <T>(items: readonly Delivery<T>[]): T[] => items.map(({ value }) => value);
const settleAll = async <T>(items: readonly Delivery<T>[], outcome: "done" | "reject") => {
  for (const item of items) await item.settle(outcome);
};

/** The laws of a feed of deliveries. Its laws as a feed are `feedLaws`. */
export function sourceLaws<T>(make: Make<SourceSubject<T>>): Law[] {
  const about = (name: string, check: (subject: SourceSubject<T>) => Promise<void>) =>
    law(`a source ${name}`, make, check);
  /** Asserts that, opened again, the source gives just these, before anything that is put after them. */
  const gives = async (subject: SourceSubject<T>, expected: readonly T[]) => {
    const [marker] = await subject.put(1);
    const opened = new Opened(subject.source);
    const items = values(await opened.first(expected.length + 1));
    same(subject, items, [...expected, marker as T]);
    await opened.close();
  };
  return [
    about("delivers every item, in order, and says how large it is", async (subject) => {
      const put = await subject.put(Math.min(10, subject.prefetch ?? 10));
      const opened = new Opened(subject.source);
      const items = await opened.first(put.length);
      same(subject, values(items), put);
      for (const { bytes } of items) assert.ok(bytes > 0, "a delivery has to say how many bytes it has");
      await opened.close();
    }),
    about("does not give again what was done or rejected", async (subject) => {
      for (const outcome of ["done", "reject"] as const) {
        await subject.put(3);
        const opened = new Opened(subject.source);
        await settleAll(await opened.first(3), outcome);
        await opened.close();
        await gives(subject, []);
        await settleRest(subject);
      }
    }),
    about("does not mind a second settling, whatever it says", async (subject) => {
      await subject.put(1);
      const opened = new Opened(subject.source);
      const [item] = await opened.first(1);
      for (const outcome of ["done", "done", "reject", "retry"] as const) await item?.settle(outcome);
      await opened.close();
      await gives(subject, []);
    }),
    about("gives again what was not settled when it was closed", async (subject) => {
      const put = await subject.put(3);
      const opened = new Opened(subject.source);
      await settleAll((await opened.first(3)).slice(0, 1), "done");
      await opened.close();
      await gives(subject, put.slice(1));
    }),
    about("takes no settling any more after it was closed", async (subject) => {
      const put = await subject.put(1);
      const opened = new Opened(subject.source);
      const [item] = await opened.first(1);
      await opened.close();
      const thrown = await thrownBy(Promise.resolve(item).then((late) => late?.settle("done")));
      assert.ok(thrown === undefined || thrown instanceof Problem, `it threw ${thrown}`);
      await gives(subject, put);
    }),
    about("gives again what is to be retried, now or when it is opened again", async (subject) => {
      const [first] = await subject.put(2);
      const opened = new Opened(subject.source);
      const [one, two] = await opened.first(2);
      await one?.settle("retry");
      await two?.settle("done");
      const again = await thrownBy(
        comesTrue(patience.soon / 5, () => opened.items.length > 2, "it may come at once"),
      );
      if (again === undefined) {
        same(subject, values(opened.items.slice(2)), [first as T]);
        await opened.close();
      } else {
        await opened.close();
        await gives(subject, [first as T]);
      }
    }),
    about("has no more out than it says", async (subject) => {
      const { prefetch, source } = subject;
      if (prefetch === undefined) return;
      await subject.put(prefetch + 2);
      const opened = new Opened(source);
      const items = await opened.first(prefetch);
      await new Promise((resolve) => setTimeout(resolve, 200));
      assert.equal(opened.items.length, prefetch, "more deliveries are out than the source bounds them to");
      await items[0]?.settle("done");
      await opened.first(prefetch + 1);
      await opened.close();
    }),
  ];
}

/** Takes what is left, so that the next round begins with nothing. */
async function settleRest<T>({ source }: SourceSubject<T>): Promise<void> {
  const opened = new Opened(source);
  await settleAll(await opened.first(1), "done");
  await opened.close();
}

function same<T>({ ordered = true }: SourceSubject<T>, found: readonly T[], expected: readonly T[]): void {
  const sorted = (all: readonly T[]) => (ordered ? [...all] : all.map((each) => JSON.stringify(each)).sort());
  assert.deepEqual(sorted(found), sorted(expected));
}
