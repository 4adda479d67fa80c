import type { Agent, Dispatcher, ProxyAgent } from "undici";
import { type ProxyEnvironment, proxyFor } from "./proxy-env.ts";
import { requestTarget } from "./request-target.ts";
import { newAgent, newProxyAgent } from "./undici.ts";

/** TLS towards a server. Certificates and keys are PEM texts. */
export interface TlsOptions {
  /** Authorities to trust. Default: those that Node brings along. */
  readonly ca?: readonly string[];
  readonly cert?: string;
  readonly key?: string;
  readonly passphrase?: string;
  /** The name the certificate must have. Default: the host. */
  readonly servername?: string;
  /** Whether a certificate that cannot be trusted is refused. Default true. */
  readonly rejectUnauthorized?: boolean;
  readonly minVersion?: "TLSv1" | "TLSv1.1" | "TLSv1.2" | "TLSv1.3";
  readonly maxVersion?: "TLSv1" | "TLSv1.1" | "TLSv1.2" | "TLSv1.3";
}

export interface RouteOptions {
  /** How long connecting may take, in milliseconds. Default 5,000. */
  readonly connectTimeout?: number;
  /** At most so many connections to one origin; further requests wait. Default 0: no limit. */
  readonly connections?: number;
  readonly tls?: TlsOptions;
  /** A proxy's URL, or an environment that may name one. Default: none. */
  readonly proxy?: string | ProxyEnvironment;
}

/** How a URL is reached: through which pool, and what the request line says. */
export interface Route {
  readonly dispatcher: Dispatcher;
  readonly origin: string;
  readonly path: string;
  /** What the way needs, by small names: `authorization` of the URL, and `host` where a proxy stands in between. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What most ways need. */
export const NO_HEADERS: Route["headers"] = {};

/** So many routes are remembered: backends ask for few URLs, and a URL is slow to take apart. */
const MOST_KNOWN = 500;

/** The ways to URLs, with their pools of connections. */
export class Routes {
  readonly #options: Agent.Options;
  readonly #proxy: string | ProxyEnvironment | undefined;
  /** Made when it is needed: most of those who may ask have nothing to ask yet. */
  #direct: Agent | undefined;
  #tunnels: Map<string, ProxyAgent> | undefined;
  readonly #known = new Map<string, Route>();

  constructor(options: RouteOptions = {}) {
    const { connectTimeout = 5_000, connections = 0, tls, proxy } = options;
    this.#proxy = proxy;
    this.#options = {
      connect: { timeout: connectTimeout, ...(tls as object) },
      connections: connections === 0 ? null : connections,
      // The time for a whole exchange is kept by us; these would be less exact.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: 30_000,
      pipelining: 1,
    };
  }

  /** Throws TypeError for what is no URL. */
  to(url: string): Route {
    return this.#known.get(url) ?? this.#learn(url);
  }

  async close(): Promise<void> {
    await Promise.all([this.#direct, ...(this.#tunnels?.values() ?? [])].map((pool) => pool?.destroy()));
  }

  #learn(text: string): Route {
    const url = new URL(text);
    if (!/^https?:$/.test(url.protocol)) throw new TypeError(`no http or https: ${url.protocol}`);
    const proxy = typeof this.#proxy === "object" ? proxyFor(url, this.#proxy) : this.#proxy;
    const route = proxy === undefined ? this.#straight(url, text) : this.#around(url, text, new URL(proxy));
    if (this.#known.size >= MOST_KNOWN) this.#known.clear();
    this.#known.set(text, route);
    return route;
  }

  #straight(url: URL, text: string): Route {
    const headers = credentials(url, "authorization");
    this.#direct ??= newAgent(this.#options);
    return { dispatcher: this.#direct, origin: url.origin, path: requestTarget(text), headers };
  }

  /** `https` goes through a tunnel; of `http` the proxy is told the whole URL. */
  #around(url: URL, text: string, proxy: URL): Route {
    const straight = this.#straight(url, text);
    if (url.protocol === "https:") return { ...straight, dispatcher: this.#tunnel(proxy) };
    const headers = { ...straight.headers, ...credentials(proxy, "proxy-authorization"), host: url.host };
    return { ...straight, origin: proxy.origin, path: url.origin + straight.path, headers };
  }

  #tunnel(proxy: URL): ProxyAgent {
    this.#tunnels ??= new Map();
    let tunnel = this.#tunnels.get(proxy.href);
    if (!tunnel) {
      const { connect, ...options } = this.#options;
      const tls = connect as object;
      tunnel = newProxyAgent({ ...options, uri: proxy.href, requestTls: tls });
      this.#tunnels.set(proxy.href, tunnel);
    }
    return tunnel;
  }
}

/** User and password of a URL as a header. Go's client sends them as well. */
function credentials(url: URL, header: string): Route["headers"] {
  if (url.username === "" && url.password === "") return NO_HEADERS;
  const plain = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return { [header]: `Basic ${Buffer.from(plain).toString("base64")}` };
}
