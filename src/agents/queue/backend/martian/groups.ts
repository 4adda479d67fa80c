import { MessageError } from "./errors.ts";
import type { Fields } from "./fields.ts";
import type { Maker, Modifier } from "./modifier.ts";

/** Groups of modifiers, by name. Their scope does not widen that of their members. */
export const groups: Readonly<Record<string, Maker>> = {
  "fifo.Group": (fields, read) => {
    const aggregates = fields.flag("aggregateErrors");
    return inOrder(fields.blocks("modifiers").map(read), aggregates);
  },
  "priority.Group": (fields, read) => {
    const members = fields.blocks("modifiers").map((entry) => ({
      priority: entry.whole("priority"),
      modifier: read(entry.block("modifier")),
    }));
    // The sort is stable: of equals, the one listed last is the first.
    const sorted = members.reverse().sort((a, b) => b.priority - a.priority);
    return inOrder(
      sorted.map(({ modifier }) => modifier),
      false,
    );
  },
};

/** Things that look at messages and tell somebody who is not there; they are read and do nothing. */
export const verifiers: Readonly<Record<string, Maker>> = Object.fromEntries(
  ["failure", "header", "method", "pingback", "querystring", "status", "url"].map((what) => [
    `${what}.Verifier`,
    (_: Fields): Modifier => ({ request() {}, response() {} }),
  ]),
);

function inOrder(members: readonly Modifier[], aggregates: boolean): Modifier {
  return {
    request: (sent) => each(members, aggregates, ({ request }) => request?.(sent)),
    response: (received) => each(members, aggregates, ({ response }) => response?.(received)),
  };
}

/** Stops at the first failure, or goes on and tells of all in the end. */
function each(members: readonly Modifier[], aggregates: boolean, change: (member: Modifier) => void): void {
  const failures: string[] = [];
  for (const member of members) {
    try {
      change(member);
    } catch (error) {
      if (!aggregates || !(error instanceof MessageError)) throw error;
      failures.push(error.message);
    }
  }
  if (failures.length > 0) throw new MessageError(failures.join("\n"));
}
