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

/** The URL of a broker, at a key or as given, without its query. Source: krakend-async §3.1. */
export function readBrokerUrl(fields: Fields, name: string, given = fields.text(name)): BrokerUrl {
  if (given === "") {
    fields.wrong(name, `\`${name}\` is missing: write amqp://user:password@host:5672/vhost`);
    return { url: "" };
  }
  if (!/^amqps?:\/\//.test(given) || !URL.canParse(given)) {
    fields.wrong(name, `${given} is no URL of a broker: write amqp://user:password@host:5672/vhost`);
    return { url: "" };
  }
  const [url = "", query = ""] = given.split("?", 2);
  return { url, ...fromQuery(fields, name, new URLSearchParams(query)) };
}

function fromQuery(fields: Fields, name: string, query: URLSearchParams): Omit<BrokerUrl, "url"> {
  const tls: Record<string, string> = {};
  let heartbeat: string | undefined;
  for (const [key, value] of query) {
    const ours = TLS[key as keyof typeof TLS];
    if (ours) tls[ours] = value;
    else if (key === "heartbeat" && Number(value) >= 1) heartbeat = `${Number(value)}s`;
    else fields.note(name, `the query key \`${key}\` has no counterpart, and is left out`);
  }
  return { ...(heartbeat && { heartbeat }), ...(Object.keys(tls).length > 0 && { tls: listed(tls) }) };
}

/** Authorities are a list. */
function listed({ ca, ...tls }: Record<string, string>): Record<string, string> {
  return { ...tls, ...(ca !== undefined && { ca: [ca] as unknown as string }) };
}
