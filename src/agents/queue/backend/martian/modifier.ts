import type { Fields } from "./fields.ts";
import type { Received, Sent } from "./message.ts";

/** Changes a message on its way out, on its way back, or both. May throw MessageError, which fails the event. */
export interface Modifier {
  readonly request?: ((sent: Sent) => void) | undefined;
  readonly response?: ((received: Received) => void) | undefined;
}

/** Reads an inner block, such as that of a filter. Throws BlockError. */
export type ReadBlock = (fields: Fields) => Modifier;

/** Makes a modifier of one name from its fields. Throws BlockError. */
export type Maker = (fields: Fields, read: ReadBlock) => Modifier;

type Side = "request" | "response";

/** A modifier on the sides that its `scope` names; without a scope, on all that it has. Throws BlockError. */
export function scoped(modifier: Modifier, fields: Fields): Modifier {
  const scope = fields.optionalTexts("scope");
  if (scope === undefined) return modifier;
  for (const side of scope) {
    if (side !== "request" && side !== "response") throw fields.error(`no scope is named "${side}"`);
    if (!modifier[side]) throw fields.error(`has no scope "${side}"`);
  }
  const on = <S extends Side>(side: S): Modifier[S] => (scope.includes(side) ? modifier[side] : undefined);
  return { request: on("request"), response: on("response") };
}

/** Says of a message whether a filter lets its modifier do its work; on the way back it may look at both. */
export interface Condition {
  readonly request: (sent: Sent) => boolean;
  readonly response: (received: Received) => boolean;
}

/** A condition that looks at the request, on both ways. */
export function ofRequest(holds: (sent: Sent) => boolean): Condition {
  return { request: holds, response: ({ sent }) => holds(sent) };
}

/** Does what its `modifier` says where the condition holds, and else what its `else` says. Throws BlockError. */
export function filter(fields: Fields, read: ReadBlock, condition: Condition): Modifier {
  const inner = fields.optionalBlock("else");
  return choice(condition, read(fields.block("modifier")), inner === undefined ? {} : read(inner));
}

/** A filter that knows no `else`. Throws BlockError. */
export function filterOnly(fields: Fields, read: ReadBlock, condition: Condition): Modifier {
  return choice(condition, read(fields.block("modifier")), {});
}

function choice(condition: Condition, then: Modifier, otherwise: Modifier): Modifier {
  return {
    request: (sent) => (condition.request(sent) ? then : otherwise).request?.(sent),
    response: (received) => (condition.response(received) ? then : otherwise).response?.(received),
  };
}
