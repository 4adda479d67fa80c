import assert from "node:assert/strict";
import { Problem } from "../core/problems.ts";
import type { Revision, Snapshot } from "../core/revision.ts";
import { type Law, law, type Make, type Subject, thrownBy } from "./law.ts";

export interface SnapshotSubject extends Subject {
  /** The snapshot; each call is another object for the same place, as after a restart. */
  open(): Snapshot<unknown>;
  /** Damages what is stored, as a crash or a bad disk may. */
  tear?(): void | Promise<void>;
  /**
   * Whether it remembers anything. `false` is for one that stands where nothing shall be kept: it has to be empty
   * always, and everything else about it is true for want of anything to remember. Default true.
   */
  readonly remembers?: boolean;
}

const revision = (number: number): Revision<unknown> => ({
  version: `v${number}`,
  data: { number, texts: Array.from({ length: 200 }, () => `text "${number}" \n → ä`), nothing: null },
});

/** The laws of `Snapshot`. */
export function snapshotLaws(make: Make<SnapshotSubject>): Law[] {
  const about = (name: string, check: (subject: SnapshotSubject) => Promise<void>) =>
    law(`a snapshot ${name}`, make, check);
  return [
    about("is empty at first", async ({ open }) => {
      assert.equal(await open().load(), undefined);
    }),
    about("loads what was saved last, also after a restart", async ({ open, remembers = true }) => {
      const snapshot = open();
      for (const number of [1, 2]) {
        await snapshot.save(revision(number));
        for (const each of [snapshot, open()]) {
          assert.deepEqual(await each.load(), remembers ? revision(number) : undefined);
        }
      }
    }),
    about("never mixes what several save at once", async ({ open, remembers = true }) => {
      const numbers = Array.from({ length: 10 }, (_, index) => index);
      const [one, other] = [open(), open()];
      await Promise.all(numbers.map((number) => (number % 2 === 0 ? one : other).save(revision(number))));
      const loaded = await open().load();
      const known = numbers.map((number) => JSON.stringify(revision(number)));
      if (remembers)
        assert.ok(known.includes(JSON.stringify(loaded)), "it has to be one of those that were saved");
    }),
    about("never loads what is torn, and says so once", async ({ open, tear }) => {
      if (!tear) return;
      await open().save(revision(1));
      await tear();
      const snapshot = open();
      const thrown = await thrownBy(snapshot.load());
      assert.ok(thrown instanceof Problem, `it has to throw a Problem, not ${thrown}`);
      assert.equal(await snapshot.load(), undefined, "it has to be out of the way then");
      await snapshot.save(revision(2));
      assert.deepEqual(await open().load(), revision(2));
    }),
  ];
}
