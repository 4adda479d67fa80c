import { ConfigProblem } from "../../core/problems.ts";

export type AmqpMechanism = "plain" | "amqplain" | "external";

/** Where a broker is, and what a URL says about how to speak with it. */
export interface AmqpAddress {
  readonly tls: boolean;
  readonly host: string;
  readonly port: number;
  readonly vhost: string;
  readonly user: string;
  readonly password: string;
  readonly mechanism: AmqpMechanism;
  /** In milliseconds, if the URL says so. 0 is none. */
  readonly heartbeat?: number;
  /** In milliseconds, if the URL says so. */
  readonly connectTimeout?: number;
  readonly channelMax?: number;
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

const plain = ["amqp:", "pyamqp:", "librabbitmq:"];
const mechanisms: readonly string[] = ["plain", "amqplain", "external"] satisfies AmqpMechanism[];

/** What the keys of a query mean: those of RabbitMQ's URIs, and those that Celery's library knows. */
const keys: Readonly<Record<string, (value: string) => Partial<AmqpAddress>>> = {
  heartbeat: (value) => ({ heartbeat: numberOf("heartbeat", value) * 1_000 }),
  connection_timeout: (value) => ({ connectTimeout: numberOf("connection_timeout", value) }),
  channel_max: (value) => ({ channelMax: numberOf("channel_max", value) }),
  cacertfile: (caFile) => ({ caFile }),
  ssl_ca_certs: (caFile) => ({ caFile }),
  certfile: (certFile) => ({ certFile }),
  ssl_certfile: (certFile) => ({ certFile }),
  keyfile: (keyFile) => ({ keyFile }),
  ssl_keyfile: (keyFile) => ({ keyFile }),
  server_name_indication: (servername) => ({ servername }),
  verify: (value) => ({ rejectUnauthorized: value !== "verify_none" }),
  ssl_cert_reqs: (value) => ({ rejectUnauthorized: !/^(CERT_)?NONE$/i.test(value) }),
  auth_mechanism: (value) => ({ mechanism: mechanismOf(value) }),
};

/**
 * Reads `amqp://user:password@host:port/vhost?key=value`, percent-encoded where needed. The path without its first
 * slash is the vhost; an empty one is `/`. User and password are `guest` where both are left out.
 *
 * Of the query it reads the keys of RabbitMQ's URIs (www.rabbitmq.com/uri-query-parameters.html; `heartbeat` in seconds,
 * `connection_timeout` in milliseconds) and Celery's `ssl_…`; it leaves alone what it does not know.
 * Throws ConfigProblem, without showing the URL, because the password may be what is wrong about it.
 */
export function parseAmqpUrl(text: string): AmqpAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const tls = url?.protocol === "amqps:";
  if (!url || url.hostname === "" || !(tls || plain.includes(url.protocol))) {
    throw wrong("a broker's URL is amqp://user:password@host:port/vhost, or amqps for TLS");
  }
  const anonymous = url.username === "" && url.password === "";
  return {
    tls,
    host: decoded(url.hostname.replace(/^\[|\]$/g, "")),
    port: url.port === "" ? (tls ? 5671 : 5672) : Number(url.port),
    vhost: decoded(url.pathname.slice(1)) || "/",
    user: anonymous ? "guest" : decoded(url.username),
    password: anonymous ? "guest" : decoded(url.password),
    mechanism: "plain",
    ...asked(url.searchParams),
  };
}

/** How an address is shown: without user and password. */
export function shownAddress({ tls, host, port, vhost }: AmqpAddress): string {
  const name = host.includes(":") ? `[${host}]` : host;
  return `${tls ? "amqps" : "amqp"}://${name}:${port}/${encodeURIComponent(vhost)}`;
}

function asked(query: URLSearchParams): Partial<AmqpAddress> {
  const found = [...query].map(([key, value]) => (Object.hasOwn(keys, key) ? keys[key]?.(value) : {}));
  return Object.assign({}, ...found);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A lone percent sign in a password that nobody has encoded.
    return text;
  }
}

function numberOf(key: string, value: string): number {
  if (!/^\d+$/.test(value)) throw wrong(`${key} in a broker's URL has to be a number, not "${value}"`);
  return Number(value);
}

function mechanismOf(value: string): AmqpMechanism {
  const name = value.toLowerCase();
  if (mechanisms.includes(name)) return name as AmqpMechanism;
  throw wrong(`auth_mechanism in a broker's URL has to be plain, amqplain or external, not "${value}"`);
}

function wrong(message: string): ConfigProblem {
  return new ConfigProblem("config_invalid", message, {
    remedy: "Mend the URL. Special characters in user, password and vhost have to be percent-encoded.",
  });
}
