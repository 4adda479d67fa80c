import { ConfigProblem } from "../../core/problems.ts";
import type { TlsFiles } from "../tls-files.ts";

/** A Redis that serves as a broker, or the sentinels that know it, as Kombu's URLs name it. */
export interface RedisBroker {
  /** Tried in turn: servers, or sentinels. */
  readonly nodes: readonly RedisNode[];
  readonly db: number;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly tls: TlsFiles | undefined;
  /** Where the nodes are sentinels. */
  readonly sentinel: RedisSentinels | undefined;
}

/** What the master is called, and what sentinels themselves are told, which is not what it is told. */
export interface RedisSentinels {
  readonly master: string;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly tls: TlsFiles | undefined;
}

export type RedisNode = { readonly host: string; readonly port: number } | { readonly path: string };

export interface RedisBrokerHints {
  /** What the sentinels call the master; `master_name=` in the URL goes before it. */
  readonly master?: string | undefined;
  readonly sentinelUser?: string | undefined;
  readonly sentinelPassword?: string | undefined;
  /** Whether sentinels speak TLS. Default: as the master does. */
  readonly sentinelTls?: boolean | undefined;
  /** What the URL does not say about TLS. Given, it switches TLS on for a master that sentinels name. */
  readonly tls?: TlsFiles | undefined;
}

const SCHEMES = ["redis:", "rediss:", "redis+socket:", "unix:", "sentinel:"];

/**
 * Reads `redis://user:password@host:6379/2`, `rediss://…`, `redis+socket:///path?virtual_host=2` and
 * `sentinel://:password@host:26379/2;sentinel://host2`; several are separated by semicolons, and the first says
 * who we are. Throws ConfigProblem, without showing the URL. Source: leek §4.1.
 */
export function parseRedisBroker(text: string, hints: RedisBrokerHints = {}): RedisBroker {
  const urls = text.split(";").map((each) => urlOf(each.trim()));
  const [first] = urls as [URL, ...URL[]];
  if (urls.some(({ protocol }) => protocol !== first.protocol))
    throw wrong("the URLs are of different kinds");
  const query = first.searchParams;
  const master = query.get("master_name") ?? hints.master;
  const isSentinel = first.protocol === "sentinel:";
  if (isSentinel && master === undefined) {
    throw wrong("sentinels have to be told what the master is called: write ?master_name=NAME");
  }
  const isPath = first.protocol === "redis+socket:" || first.protocol === "unix:";
  const db = isPath ? (query.get("virtual_host") ?? query.get("db") ?? "") : first.pathname;
  const asked = isSentinel && (hints.tls !== undefined || [...query.keys()].some((key) => /^ssl_/.test(key)));
  const tls = first.protocol === "rediss:" || asked ? tlsOf(query, hints.tls) : undefined;
  return {
    nodes: urls.map((url) => (isPath ? { path: decoded(url.pathname) } : nodeOf(url, isSentinel))),
    db: databaseOf(db.replace(/^\//, "")),
    user: decoded(first.username) || undefined,
    password: decoded(first.password) || undefined,
    tls,
    sentinel: isSentinel ? sentinelsOf(master!, tls, hints) : undefined,
  };
}

function sentinelsOf(master: string, tls: TlsFiles | undefined, hints: RedisBrokerHints): RedisSentinels {
  const { sentinelUser: user, sentinelPassword: password, sentinelTls = tls !== undefined } = hints;
  return { master, user, password, tls: sentinelTls ? (tls ?? {}) : undefined };
}

/** How a server is shown: without user and password. */
export function shownRedis(node: RedisNode, { db, tls }: Partial<Pick<RedisBroker, "db" | "tls">>): string {
  const shown = "path" in node ? node.path : `${node.host}:${node.port}`;
  return `${tls ? "rediss" : "redis"}://${shown}${db === undefined ? "" : `/${db}`}`;
}

function urlOf(text: string): URL {
  // A path has no host, but a URL with a password has to have one.
  const whole = text.replace(/^(redis\+socket|unix):\/\/([^/@]*@)\//, "$1://$2localhost/");
  const url = URL.canParse(whole) ? new URL(whole) : undefined;
  if (!url || !SCHEMES.includes(url.protocol)) {
    throw wrong(
      "a Redis is written redis://host:6379/0, rediss://…, redis+socket:///path or sentinel://host:26379/0",
    );
  }
  return url;
}

function nodeOf(url: URL, sentinel: boolean): RedisNode {
  const port = url.port === "" ? (sentinel ? 26_379 : 6_379) : Number(url.port);
  const host = decoded(url.hostname.replace(/^\[|\]$/g, ""));
  // As Kombu: not the name, which may mean IPv6, where Redis does not listen by default.
  return { host: host === "" || host === "localhost" ? "127.0.0.1" : host, port };
}

function databaseOf(text: string): number {
  if (text === "" || text === "/") return 0;
  if (!/^\d+$/.test(text)) throw wrong(`the database of a Redis is a number, not "${text}"`);
  return Number(text);
}

/** An authority that the URL names is trusted alone, as Python does. */
function tlsOf(query: URLSearchParams, given: TlsFiles = {}): TlsFiles {
  const [asked, ca] = [query.get("ssl_cert_reqs"), query.get("ssl_ca_certs")];
  return {
    ...given,
    rejectUnauthorized:
      asked === null ? (given.rejectUnauthorized ?? true) : !/^(?:CERT_)?(?:NONE|OPTIONAL)$/i.test(asked),
    ...(ca !== null && { ca: [ca], systemCa: false }),
    cert: query.get("ssl_certfile") ?? given.cert,
    key: query.get("ssl_keyfile") ?? given.key,
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A lone percent sign in a password that nobody has encoded.
    return text;
  }
}

function wrong(message: string): ConfigProblem {
  return new ConfigProblem("config_invalid", message, {
    remedy: "Mend the URL. Special characters in user and password have to be percent-encoded.",
  });
}
