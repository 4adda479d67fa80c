import { type HttpAnswer, HttpClient, type HttpClientOptions, type HttpRequest } from "./http-client.ts";
import type { TlsOptions } from "./http-routes.ts";
import { type ProxyEnvironment, proxyFor } from "./proxy-env.ts";
import { readTls, type TlsFiles } from "./tls-files.ts";

export interface WayOptions {
  readonly tls?: TlsFiles | undefined;
  /** A proxy's URL, or an environment that may name one. Default: none. */
  readonly proxy?: string | ProxyEnvironment | undefined;
}

/** How a server is reached: through which proxy, and whom we trust to be it. */
export class Way {
  readonly #options: WayOptions;

  constructor(options: WayOptions = {}) {
    this.#options = options;
  }

  /** Certificates are read whenever they are needed, so that a missing file is mended by putting it there. */
  async tls(): Promise<TlsOptions | undefined> {
    const { tls } = this.#options;
    return tls && readTls(tls);
  }

  /** The proxy on the way to a URL of `ws:`, `wss:`, `http:` or `https:`; undefined where there is none. */
  proxyTo(url: string): URL | undefined {
    const { proxy } = this.#options;
    const named = typeof proxy === "object" ? proxyFor(new URL(url.replace(/^ws/i, "http")), proxy) : proxy;
    return named === undefined ? undefined : new URL(named);
  }

  async http(options: HttpClientOptions): Promise<HttpClient> {
    const { proxy } = this.#options;
    const tls = await this.tls();
    return new HttpClient({ ...options, ...(proxy && { proxy }), ...(tls && { tls }) });
  }
}

/** An HTTP client that is made when it is first needed, because certificates are read from files. */
export class LateHttpClient {
  readonly #way: Way;
  readonly #options: HttpClientOptions;
  #client: Promise<HttpClient> | undefined;

  constructor(way: Way, options: HttpClientOptions) {
    this.#way = way;
    this.#options = options;
  }

  /** As `HttpClient.send`; throws LinkProblem as well where a certificate cannot be read. */
  async send(request: HttpRequest): Promise<HttpAnswer> {
    this.#client ??= this.#way.http(this.#options);
    const client = await this.#client.catch((error: unknown) => {
      this.#client = undefined;
      throw error;
    });
    return client.send(request);
  }

  async close(): Promise<void> {
    const client = await this.#client?.catch(() => undefined);
    this.#client = undefined;
    await client?.close();
  }
}
