import { readBrokerUrl } from "./amqp-url.ts";
import type { Fields } from "./fields.ts";
import type { Given } from "./given.ts";
import { readHosts } from "./hosts.ts";

/** Keys that take their values from parameters of the caller, which events have none of. */
const FROM_PARAMS = ["exp_key", "reply_to_key", "msg_id_key", "priority_key"];

/** A backend that publishes. Source: krakend-async §3.3. */
export function readProducer(given: Fields, { fields, service }: Given): Record<string, unknown> {
  const own = readHosts(fields, !fields.flag("disable_host_sanitize"));
  const [url = ""] = fields.texts("host").length > 0 ? own : service.hosts;
  const refused = fields.texts("host").length > 0 && own.length === 0;
  const key = given.text("routing_key");
  const fixed = given.flag("static_routing_key");
  producerTraps(given, fixed ? "" : key);
  return {
    ...(refused ? { url } : readBrokerUrl(fields, "host", url)),
    exchange: {
      name: given.text("exchange"),
      durable: given.flag("durable"),
      auto_delete: given.flag("delete"),
    },
    ...(fixed && key !== "" && { routing_key: key }),
    ...(given.flag("mandatory") && { mandatory: true }),
  };
}

function producerTraps(given: Fields, unused: string): void {
  const at = given.report;
  if (unused !== "")
    given.note(
      "routing_key",
      `names a parameter, which events have none of, so the key is empty; with \`static_routing_key\` it would be "${unused}" itself`,
    );
  for (const name of FROM_PARAMS)
    if (given.has(name))
      given.note(name, "names a parameter, which events have none of, so it has no effect");
  if (given.flag("immediate")) given.note("immediate", "is refused by RabbitMQ since 3.0, and is left out");
  if (given.flag("exclusive"))
    given.note(
      "exclusive",
      "would make the exchange internal, so that nobody could publish to it, and is left out",
    );
  for (const name of ["max_retries", "backoff_strategy"])
    if (given.has(name))
      given.note(name, "has no counterpart: an event waits for the connection within its time");
  at.note(
    given.at,
    "events are published with confirmation here, so that one that fails is not taken for done",
  );
}
