import { durationText } from "./durations.ts";
import type { Fields } from "./fields.ts";

/** What a broker's URL says by itself, and what of its query goes elsewhere. */
export interface BrokerUrl {
  readonly url: string;
  readonly heartbeat?: string;
  readonly tls?: Readonly<Record<string, string>>;
}

/** Query keys of a broker's URL that become keys of `tls`. */
const TLS = {
  cacertfile: "ca",
  certfile: "cert",
  keyfile: "key",
  server_name_indication: "server_name",
} as const;

/** Query keys that mean the same in our URLs. */
const KEPT = ["connection_timeout", "channel_max", "auth_mechanism"];

/** The URL of a broker, at a key or as given; what has a key of its own here leaves the query. Source: krakend-async §3.1. */
export function readBrokerUrl(fields: Fields, name: string, given = fields.text(name)): BrokerUrl {
  if (given === "") {
    fields.wrong(name, `\`${name}\` is missing: write amqp://user:password@host:5672/vhost`);
    return { url: "" };
  }
  if (!/^amqps?:\/\//i.test(given) || !URL.canParse(given)) {
    // The URL is not repeated: its password may be what is wrong about it.
    fields.wrong(name, "is no URL of a broker: write amqp://user:password@host:5672/vhost");
    return { url: "" };
  }
  const [address = "", text = ""] = given.split("?", 2);
  const query = new URLSearchParams(text);
  const kept = new URLSearchParams([...query].filter(([key]) => KEPT.includes(key)));
  const url = [withPassword(address), ...(kept.size > 0 ? [kept] : [])].join("?");
  return { url, ...fromQuery(fields, name, query) };
}

/** Where only a user is given, the password is `guest` all the same. */
function withPassword(address: string): string {
  return address.replace(/^(amqps?:\/\/[^:@/]+)@/i, "$1:guest@");
}

function fromQuery(fields: Fields, name: string, query: URLSearchParams): Omit<BrokerUrl, "url"> {
  const tls: Record<string, string> = {};
  let heartbeat: string | undefined;
  for (const [key, value] of query) {
    const ours = TLS[key as keyof typeof TLS];
    if (ours) tls[ours] = value;
    else if (key === "heartbeat" && Number(value) >= 1) heartbeat = durationText(Number(value) * 1_000);
    else if (!KEPT.includes(key))
      fields.note(name, `the query key \`${key}\` has no counterpart, and is left out`);
  }
  return { ...(heartbeat && { heartbeat }), ...(Object.keys(tls).length > 0 && { tls: listed(tls) }) };
}

/** Authorities are a list. */
function listed({ ca, ...tls }: Record<string, string>): Record<string, string> {
  return { ...tls, ...(ca !== undefined && { ca: [ca] as unknown as string }) };
}
