import { nameOf, type Subscription } from "./subscription-fields.ts";

const MASK = "**";

/** A subscription as it may be shown: with its name, and without passwords and keys. */
export function shownSubscription(given: Subscription): Subscription {
  const { app_key: key, broker, backend } = given;
  return {
    name: nameOf(given),
    ...given,
    broker: masked(broker),
    ...(backend !== undefined && { backend: masked(backend) }),
    ...(key !== undefined && { app_key: MASK }),
    ...(given["transport_options"] !== undefined && {
      transport_options: unsecret(given["transport_options"]),
    }),
  };
}

/** Passwords in URLs, of which there may be several. */
function masked(value: unknown): unknown {
  if (typeof value !== "string") return value;
  return value.replace(/(\w:\/\/[^\s:/?#@;]*):[^\s/?#;]*@/g, `$1:${MASK}@`);
}

function unsecret(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const shown = Object.entries(value).map(([key, inner]) => [
    key,
    /password/i.test(key) ? MASK : unsecret(inner),
  ]);
  return Object.fromEntries(shown);
}
