import assert from "node:assert/strict";
import type { Sink } from "../core/delivery.ts";
import { isTrouble, PartialProblem, RejectedProblem } from "../core/problems.ts";
import { comesTrue, inTime, type Law, law, type Make, patience, type Subject, thrownBy } from "./law.ts";
import { Handles, listeners } from "./leftovers.ts";

export interface SinkSubject<T> extends Subject {
  readonly sink: Sink<T>;
  /** An item to write; no two numbers give the same. */
  item(number: number): T;
  /** An item that can never arrive, for sinks that know such. */
  refused?(): T;
  /** What has arrived so far, in order. */
  arrived(): readonly unknown[] | Promise<readonly unknown[]>;
  /** Makes writing impossible for now. */
  break?(): void | Promise<void>;
  mend?(): void | Promise<void>;
  /** Lets the other side take what is written without ever answering; resolves when it has begun to. */
  hang?(): void | Promise<void>;
}

const { signal: never } = new AbortController();

/** The laws of `Sink`. */
export function sinkLaws<T>(make: Make<SinkSubject<T>>): Law[] {
  const about = (name: string, check: (subject: SinkSubject<T>) => Promise<void>) =>
    law(`a sink ${name}`, make, check);
  const items = ({ item }: SinkSubject<T>, ...numbers: number[]) => numbers.map((number) => item(number));
  return [
    about("is silent only when everything has arrived", async (subject) => {
      const { sink, arrived } = subject;
      await inTime(patience.soon, sink.write(items(subject, 1, 2, 3), never), "writing has to end");
      assert.deepEqual(await arrived(), items(subject, 1, 2, 3));
      await sink.write(items(subject, 4), never);
      assert.deepEqual(await arrived(), items(subject, 1, 2, 3, 4));
    }),
    about("writes nothing, and says so at once, if the signal has rung before", async (subject) => {
      const rung = AbortSignal.abort("rung before");
      const thrown = await inTime(
        patience.atOnce,
        thrownBy(subject.sink.write(items(subject, 1), rung)),
        "it has to end",
      );
      assert.notEqual(thrown, undefined, "its silence would mean that the item has arrived");
      assert.deepEqual(await subject.arrived(), []);
    }),
    about("ends when the signal rings, and leaves nobody listening", async (subject) => {
      const controller = new AbortController();
      await subject.hang?.();
      const writing = thrownBy(subject.sink.write(items(subject, 1), controller.signal));
      if (subject.hang)
        await comesTrue(patience.soon, () => listeners(controller.signal) > 0, "it has to hear the signal");
      controller.abort("the law rings");
      const thrown = await inTime(patience.atOnce, writing, "it has to end when the signal rings");
      if (subject.hang)
        assert.notEqual(thrown, undefined, "its silence would mean that the item has arrived");
      assert.equal(listeners(controller.signal), 0, "nobody may listen to its signal any more");
    }),
    about("tells trouble with the outside as a problem, and works again when it is over", async (subject) => {
      if (!subject.break) return;
      await subject.break();
      const thrown = await inTime(
        2 * patience.soon,
        thrownBy(subject.sink.write(items(subject, 1), never)),
        "it has to end",
      );
      assert.ok(isTrouble(thrown), `it has to throw a LinkProblem or a DeniedProblem, not ${thrown}`);
      if (subject.sink.probe) {
        const probed = await thrownBy(subject.sink.probe(never));
        assert.ok(
          isTrouble(probed),
          `its probe has to throw a LinkProblem or a DeniedProblem, not ${probed}`,
        );
      }
      await subject.mend?.();
      await subject.sink.write(items(subject, 1), never);
      assert.deepEqual(await subject.arrived(), items(subject, 1));
    }),
    about("names what can never arrive, and delivers the rest", async (subject) => {
      if (!subject.refused) return;
      const [one, two] = items(subject, 1, 2) as [T, T];
      const thrown = await thrownBy(subject.sink.write([one, subject.refused(), two], never));
      assert.ok(thrown instanceof PartialProblem, `it has to throw a PartialProblem, not ${thrown}`);
      assert.deepEqual([...thrown.failed.keys()], [1], "it has to name the items that failed by their index");
      assert.ok(
        thrown.failed.get(1) instanceof RejectedProblem,
        "what can never arrive is a RejectedProblem",
      );
      assert.deepEqual(await subject.arrived(), [one, two]);
    }),
    about("can be probed without sending anything", async ({ sink, arrived }) => {
      if (!sink.probe) return;
      await inTime(patience.soon, sink.probe(never), "a probe has to end");
      assert.deepEqual(await arrived(), []);
    }),
    about("leaves nothing open that keeps the process", async (subject) => {
      const handles = new Handles();
      await subject.sink.write(items(subject, 1), never);
      await subject.close?.();
      await handles.gone("what a sink used");
    }),
  ];
}
