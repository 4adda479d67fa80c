import type { IncomingMessage, ServerResponse } from "node:http";
import type { Host } from "../../core/agent.ts";
import type { HttpTenant } from "../../core/doors.ts";
import { type Life, rung } from "../../core/life.ts";
import { bodyOf } from "../../wire/request-body.ts";
import type { HealthConfig } from "./config/agent.ts";
import { goTime } from "./go-time.ts";

/**
 * The peer's own endpoints: `/__health` with the last sign of life of each agent, and, where they are switched on,
 * `/__debug/` and `/__echo/`. Source: krakend-async §2.8, §1.5.
 */
export class HealthDoor {
  readonly #config: NonNullable<HealthConfig>;
  readonly #host: Host;
  /** The last sign of life of each agent, in milliseconds since 1970; one that never connected has none. */
  readonly #pings = new Map<string, number>();

  constructor(config: NonNullable<HealthConfig>, host: Host) {
    this.#config = config;
    this.#host = host;
  }

  async run(life: Life): Promise<void> {
    const { doors, neighbours } = this.#host;
    const forget = Object.keys(this.#config.agents).map((name) =>
      neighbours.watch(name, () => this.#look(name)),
    );
    const tenant: HttpTenant = { request: (request, response) => this.#answer(request, response) };
    try {
      const tenancy = await doors.open(this.#config.listen, tenant);
      await rung(life.stop);
      await tenancy.leave(life.kill);
    } finally {
      for (const stop of forget) stop();
    }
  }

  /** A consumer pings when it is set up and then each interval, for as long as its link holds. */
  #look(name: string): void {
    const source = this.#host.neighbours
      .health(name)
      ?.report()
      .parts.find((part) => part.name === "source");
    if (source?.state !== "up") return;
    const interval = this.#config.agents[name]!;
    const beats = Math.floor((Date.now() - source.since) / interval);
    this.#pings.set(name, source.since + beats * interval);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void | Promise<void> {
    const { path, debug, echo } = this.#config;
    const [way = ""] = request.url!.split("?");
    if (way === path && request.method === "GET") send(response, 200, this.#health());
    else if (debug && way.startsWith("/__debug/")) send(response, 200, { message: "pong" });
    else if (echo && way.startsWith("/__echo/")) return echoed(request, response);
    else send(response, 404, { error: "not found" });
  }

  #health(): unknown {
    const names = Object.keys(this.#config.agents);
    for (const name of names) this.#look(name);
    const pings = names.filter((name) => this.#pings.has(name));
    const agents = Object.fromEntries(pings.map((name) => [name, goTime(this.#pings.get(name)!)]));
    return { agents, now: goTime(Date.now()), status: "ok" };
  }
}

/** Nobody needs a longer echo. */
const LONGEST_ECHO = 2 ** 20;

async function echoed(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await bodyOf(request, (size) => size <= LONGEST_ECHO);
  if (!body) return send(response, 413, { error: "too long for an echo" });
  const { method, url, headers } = request;
  send(response, 200, { method, url, headers, body: body.toString("utf8") });
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json; charset=utf-8" });
  response.end(JSON.stringify(body));
}
