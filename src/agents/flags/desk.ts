import type { IncomingMessage, ServerResponse } from "node:http";
import type { HttpTenant } from "../../core/doors.ts";
import { adminRoute } from "./admin-routes.ts";
import { type Asking, askingOf } from "./asking.ts";
import { crossOrigin, preflight } from "./cross-origin.ts";
import { liveness, readiness } from "./health-routes.ts";
import { metrics } from "./metrics.ts";
import type { Ofrep } from "./ofrep.ts";
import type { Relay } from "./relay.ts";
import { BadBody, problem, type Reply, send } from "./reply.ts";
import { clientLatest, evaluateFlags, serverLatest, trackInsights } from "./sdk-routes.ts";
import type { Streaming } from "./streaming.ts";
import { targetOf } from "./target.ts";

type Route = (relay: Relay, asking: Asking) => Reply | Promise<Reply>;

/** Method and path in lower case, as FeatBit's server has them. */
const routes: Readonly<Record<string, Route>> = {
  "GET /api/public/sdk/server/latest-all": serverLatest,
  "POST /api/public/sdk/client/latest-all": clientLatest,
  "POST /api/public/featureflag/evaluate": evaluateFlags,
  "POST /api/public/insight/track": trackInsights,
  "GET /health/liveness": () => liveness(),
  "GET /health/readiness": (relay) => readiness(relay),
};

/** Answers everything that comes in over HTTP. */
export class Desk {
  readonly #relay: Relay;
  readonly #streaming: Streaming;
  readonly #ofrep: Ofrep | undefined;
  readonly #counters = new Map<string, { inc(): void }>();
  /** Other routes by method and path, such as those for agents below us. */
  readonly #more: Readonly<Record<string, Route>>;

  constructor(
    relay: Relay,
    streaming: Streaming,
    ofrep: Ofrep | undefined,
    more: Readonly<Record<string, Route>>,
  ) {
    this.#relay = relay;
    this.#streaming = streaming;
    this.#ofrep = ofrep;
    this.#more = more;
  }

  get tenant(): HttpTenant {
    const { hosts } = this.#relay.config;
    return {
      ...(hosts && { hosts }),
      request: (request, response) =>
        void this.#answer(request, response).catch((error: unknown) => {
          this.#relay.host.log.error({ err: error }, "a request met a defect");
          response.destroy();
        }),
      upgrade: (request, socket, head) =>
        this.#streaming.upgrade(request, socket, head, targetOf(request.url)),
    };
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { config } = this.#relay;
    for (const [name, value] of Object.entries(crossOrigin(config.cors, request)))
      response.setHeader(name, value);
    // Before anybody is asked for a key: preflights carry none.
    if (request.method === "OPTIONS") return send(response, preflight(request));
    const asking = askingOf(request, targetOf(request.url));
    if (this.#ofrep?.stream(asking, response)) return;
    const [route, reply] = await this.#reply(asking);
    this.#count(route, String(reply.status));
    send(response, reply, request.method);
  }

  #count(route: string, status: string): void {
    const key = `${route} ${status}`;
    const { metrics: series } = this.#relay.host;
    const counter = this.#counters.get(key) ?? series.counter(metrics.requests, { route, status });
    this.#counters.set(key, counter);
    counter.inc();
  }

  /** The answer, and the route's name for the metrics. */
  async #reply(asking: Asking): Promise<[string, Reply]> {
    const { method, target } = asking;
    const key = `${method === "HEAD" ? "GET" : method} ${target.path}`;
    try {
      const route = routes[key] ?? this.#more[key];
      if (route) return [target.path, await route(this.#relay, asking)];
      const admin = /^\/api\/(?:public\/)?proxy\/([a-z]+)$/.exec(target.path)?.[1];
      if (admin) return ["admin", await adminRoute(this.#relay, asking, admin)];
      const ofrep = await this.#ofrep?.reply(asking);
      return ofrep ? ["ofrep", ofrep] : ["other", problem(404, "there is no such route")];
    } catch (error) {
      if (error instanceof BadBody) return ["bad", error.reply];
      // A caller who has gone is no defect, and hears no answer.
      if (asking.request.destroyed) return ["bad", problem(400, "the request broke off")];
      this.#relay.host.log.error({ path: target.path, err: error }, "a request met a defect");
      return ["defect", problem(500, "this request met a defect")];
    }
  }
}
