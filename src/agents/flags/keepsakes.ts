import type { Revision, Snapshot } from "../../core/revision.ts";
import type { Backup } from "./backup.ts";
import type { DataSet } from "./model.ts";
import { dataVersion } from "./version.ts";

/** Something that was kept from before. */
export interface Keepsake {
  load(): Promise<Revision<DataSet> | undefined>;
}

/**
 * The snapshot, and beside it other places: what is loaded is the newest of all; the snapshot and the backup are
 * written. Of two with the same data version the one named first counts.
 */
export function keepsakes(
  others: readonly Keepsake[],
  own: Snapshot<DataSet>,
  backup: Backup | undefined,
): Snapshot<DataSet> {
  return {
    load: async () => {
      let newest: Revision<DataSet> | undefined;
      let failure: unknown;
      for (const place of [...others, own, ...(backup ? [backup] : [])]) {
        const found = await place.load().catch((error: unknown) => {
          failure = error;
          return undefined;
        });
        if (found && (!newest || dataVersion(found.data) > dataVersion(newest.data))) newest = found;
      }
      if (!newest && failure !== undefined) throw failure;
      return newest;
    },
    save: async (revision) => {
      // One that cannot be written is no reason not to write the other.
      const written = await Promise.allSettled([own.save(revision), backup?.save(revision)]);
      for (const each of written) if (each.status === "rejected") throw each.reason;
    },
  };
}
