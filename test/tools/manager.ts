import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request that the stand-in for a Flecto Manager has seen. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: unknown;
  /** The body as it was sent. */
  readonly raw: string;
}

/** Rows of a list: an array, or whatever can be cut like one. */
export interface Rows {
  readonly length: number;
  slice(from: number, to: number): readonly object[];
}

/** What the Manager's list of agents says of one. */
export interface KnownAgent {
  readonly status: string;
  readonly type: string;
  readonly version: number;
  readonly error: string;
  /** Heartbeats since it was registered. */
  hits: number;
}

/** What the stand-in answers; everything may be changed while it runs. */
export interface ManagerState {
  /** The body of the version route, as sent. */
  version: string;
  redirects: Rows;
  pages: Rows;
  /** Rows that lists claim to have, where that is not their number. */
  redirectTotal?: number;
  /** `cursor` as from v0.2.0 on; `offset` as before: without `Next`, and the rows in another order each time. */
  paging: "cursor" | "offset";
  /** The token that is taken; others get 401, or 500 as before v0.2.0. */
  token?: string;
  /** Statuses that stand in for 200, by route: version, redirects, pages, agents, hit. */
  statuses: Partial<Record<string, number>>;
  /** Takes a request out of the stand-in's hands. */
  intercept?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

/**
 * The five routes of a Flecto Manager that agents use, answered as its specification says. The real one needs a
 * MariaDB and is not packaged, so this is the one thing in these tests that plays another.
 */
export class StandInManager {
  readonly seen: Seen[] = [];
  readonly state: ManagerState = { version: "1\n", redirects: [], pages: [], paging: "cursor", statuses: {} };
  readonly #server: Server;
  readonly agents = new Map<string, KnownAgent>();
  #heard: (() => void)[] = [];

  private constructor(server: Server) {
    this.#server = server;
    // An agent that goes away in the middle of a request is nothing to report.
    server.on("request", (request, response) => void this.#serve(request, response).catch(() => {}));
  }

  static async start(state: Partial<ManagerState> = {}): Promise<StandInManager> {
    const server = createServer();
    const manager = new StandInManager(server);
    Object.assign(manager.state, state);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return manager;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Resolves when a request that fits has been seen, also one that came before. */
  async saw(fits: (seen: Seen) => boolean): Promise<Seen> {
    for (;;) {
      const found = this.seen.find(fits);
      if (found) return found;
      await new Promise<void>((resolve) => this.#heard.push(resolve));
    }
  }

  /** Resolves when so many requests have been seen since it started, or since `seen` was emptied. */
  async received(count: number): Promise<void> {
    while (this.seen.length < count) await new Promise<void>((resolve) => this.#heard.push(resolve));
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString("utf8");
    const { method = "", url = "", headers } = request;
    this.seen.push({ method, path: url, headers, body: text === "" ? null : JSON.parse(text), raw: text });
    if (!this.state.intercept?.(request, response)) {
      const { status, body, text: plain } = this.#answer(request, text);
      response.writeHead(status, { "content-type": "application/json" });
      response.end(body ? `${JSON.stringify(body)}\n` : plain);
    }
    for (const wake of this.#heard.splice(0)) wake();
  }

  #answer({ method, url = "", headers }: IncomingMessage, text: string): Reply {
    const { pathname, searchParams } = new URL(url, "http://manager");
    const route = ROUTE.exec(pathname);
    const name = `${method} ${route?.[2] ? "hit" : (route?.[1] ?? "")}`;
    const { token, statuses } = this.state;
    if (token !== undefined && headers.authorization !== `Bearer ${token}`) return this.#unauthorised();
    const status = statuses[name.split(" ")[1] ?? ""];
    if (status !== undefined) return { status, body: { message: "as told" } };
    switch (name) {
      case "GET version":
        return { status: 200, text: this.state.version };
      case "GET redirects":
        return this.#list(this.state.redirects, searchParams, this.state.redirectTotal);
      case "GET pages":
        return this.#list(this.state.pages, searchParams);
      case "POST agents":
        return this.#register(JSON.parse(text));
      case "PATCH hit":
        return this.#hit(route?.[2] ?? "");
      default:
        return { status: 404, body: { message: "Not Found" } };
    }
  }

  /** Before v0.2.0 a bad token was a server error. */
  #unauthorised(): Reply {
    if (this.state.paging === "offset") return { status: 500, body: { message: "Internal Server Error" } };
    return { status: 401, body: { message: "invalid API token" } };
  }

  #register({ name, ...rest }: { name: string } & Omit<KnownAgent, "hits">): Reply {
    const { type, version } = rest;
    if (!/^[\w-]+$/.test(name)) return { status: 400, body: { message: "invalid agent name" } };
    if (!["default", "traefik"].includes(type))
      return { status: 400, body: { message: "invalid agent type" } };
    if (version === 0) return { status: 400, body: { message: "agent version is required" } };
    this.agents.set(name, { ...rest, hits: 0 });
    return { status: 200, text: "" };
  }

  #hit(name: string): Reply {
    const agent = this.agents.get(name);
    if (!agent) return { status: 500, body: { message: "record not found" } };
    agent.hits++;
    return { status: 200, text: "" };
  }

  #list(rows: Rows, query: URLSearchParams, claimed?: number): Reply {
    const limit = Number(query.get("limit") ?? 500);
    const cursor = this.state.paging === "cursor" ? query.get("cursor") : null;
    const offset = limit === 0 ? 0 : Number(query.get("offset") ?? 0);
    const from = cursor === null ? offset : Number(Buffer.from(cursor, "base64url").toString());
    const ordered = this.state.paging === "cursor" ? rows : shuffled(rows);
    const items = ordered.slice(from, limit === 0 ? rows.length : from + limit);
    const full = limit > 0 && items.length === limit && this.state.paging === "cursor";
    const next = full ? { Next: Buffer.from(String(from + limit)).toString("base64url") } : {};
    return {
      status: 200,
      body: { Items: items, Total: claimed ?? rows.length, Limit: limit, Offset: from, ...next },
    };
  }
}

function shuffled(rows: Rows): Rows {
  return rows
    .slice(0, rows.length)
    .map((row) => ({ row, place: Math.random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ row }) => row);
}

const ROUTE =
  /^\/api\/namespace\/[\w-]+\/project\/[\w-]+\/(version|redirects|pages|agents)(?:\/([\w-]+)\/hit)?$/;

/** What is answered: JSON, or a text as it is. */
interface Reply {
  readonly status: number;
  readonly body?: object;
  readonly text?: string;
}
