import type { Supervisor } from "../../core/supervisor.ts";
import type { Subject } from "./herald.ts";
import type { Member } from "./self.ts";

/** The agents of a process, as reports tell of them. */
export function subjectOf(process: {
  readonly supervisor: Supervisor;
  statuses(): readonly Member[];
}): Subject {
  return {
    members: () => process.statuses(),
    watch: (changed) => process.supervisor.watch(changed),
    standing: (name) => process.supervisor.ward(name)?.health.standing,
  };
}
