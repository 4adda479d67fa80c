import { createServer, type IncomingMessage, type Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { HttpTenant, QuickRequest } from "../core/doors.ts";
import { onAbort } from "../core/life.ts";
import { QuickLane } from "./quick.ts";

/** How long a kept-alive connection may be idle, in milliseconds; longer than the usual proxy keeps its own. */
const IDLE = 65_000;
/** How long a request head may take, in milliseconds. */
const HEAD_TIMEOUT = 15_000;
/** How many requests may wait for their next tenant. */
const MOST_WAITING = 1_000;

interface Tenant {
  readonly tenant: HttpTenant;
  /** Requests that are not answered yet. */
  busy: number;
  idle: (() => void) | undefined;
}

interface Waiting {
  readonly host: string;
  readonly go: () => void;
  readonly give: () => void;
}

/** The HTTP side of a door: finds the tenant for each request's host, and lets requests wait while one moves. */
export class HttpDoor {
  readonly #tenants: Tenant[] = [];
  readonly #waiting = new Set<Waiting>();
  readonly #patience: number;
  readonly #server: Server;
  readonly #quick: QuickLane;
  #moving = 0;
  #closing = false;

  /** @param patience how long a request may wait for its next tenant, in milliseconds */
  constructor(patience: number) {
    this.#patience = patience;
    this.#server = createServer({
      keepAliveTimeout: IDLE,
      headersTimeout: HEAD_TIMEOUT,
      connectionsCheckingInterval: 5_000,
      insecureHTTPParser: false,
    });
    // Only a server that listens looks after its connections: which are idle, and whose head takes too long. This one
    // is handed them by the door, so it has to be told.
    this.#server.emit("listening");
    this.#server.on("request", (request, response) => this.#dispatch(request, response));
    this.#server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
    this.#quick = new QuickLane({
      answer: (request) => this.#answerQuick(request),
      mend: (target) => this.#tenants.find(({ tenant }) => tenant.mend)?.tenant.mend?.(target),
      handOver: (socket, unread) => this.#handOver(socket, unread),
      idle: IDLE,
    });
  }

  /** A fresh connection. */
  serve(socket: Socket): void {
    if (this.#tenants.some(({ tenant }) => tenant.quick)) this.#quick.serve(socket);
    else this.#server.emit("connection", socket);
  }

  /** Hosts that a new tenant would share with one that is here. */
  clash(tenant: HttpTenant): boolean {
    return this.#tenants.some(({ tenant: other }) =>
      tenant.hosts && other.hosts
        ? tenant.hosts.some((host) => other.hosts?.includes(host))
        : tenant.hosts === other.hosts,
    );
  }

  moveIn(tenant: HttpTenant): (kill: AbortSignal) => Promise<void> {
    const entry: Tenant = { tenant, busy: 0, idle: undefined };
    this.#tenants.push(entry);
    for (const waiting of this.#waiting) if (this.#find(waiting.host) === entry) waiting.go();
    return (kill) => this.#moveOut(entry, kill);
  }

  get empty(): boolean {
    return this.#tenants.length === 0;
  }

  /** Ends idle connections now, and busy ones after their answer. */
  close(): void {
    this.#closing = true;
    this.#quick.end();
    for (const waiting of this.#waiting) waiting.give();
    // It never listened, so this only ends idle connections and the timer for slow heads.
    this.#server.close();
  }

  async #moveOut(entry: Tenant, kill: AbortSignal): Promise<void> {
    this.#tenants.splice(this.#tenants.indexOf(entry), 1);
    this.#moving++;
    const timer = setTimeout(() => this.#moving--, this.#patience);
    timer.unref();
    if (entry.busy === 0) return;
    await new Promise<void>((resolve) => {
      const forget = onAbort(kill, resolve);
      entry.idle = () => {
        forget();
        resolve();
      };
    });
  }

  #find(host: string): Tenant | undefined {
    let everyHost: Tenant | undefined;
    for (const entry of this.#tenants) {
      if (entry.tenant.hosts === undefined) everyHost = entry;
      else if (entry.tenant.hosts.includes(host)) return entry;
    }
    return everyHost;
  }

  #answerQuick(request: QuickRequest): string | undefined {
    const [only] = this.#tenants;
    const entry =
      this.#tenants.length === 1 && !only?.tenant.hosts ? only : this.#find(plainHost(request.host));
    return entry?.tenant.quick?.(request);
  }

  #handOver(socket: Socket, unread: Buffer): void {
    this.#server.emit("connection", socket);
    socket.unshift(unread);
  }

  #dispatch(request: IncomingMessage, response: ServerResponse): void {
    const host = plainHost(hostOf(request));
    const entry = this.#find(host);
    if (entry) this.#hand(entry, request, response);
    else this.#wait(host, response, () => this.#dispatch(request, response));
  }

  #hand(entry: Tenant, request: IncomingMessage, response: ServerResponse): void {
    entry.busy++;
    if (this.#closing) response.shouldKeepAlive = false;
    response.on("close", () => {
      entry.busy--;
      if (entry.busy === 0) entry.idle?.();
      if (this.#closing) this.#server.closeIdleConnections();
    });
    entry.tenant.request(request, response);
  }

  #wait(host: string, response: ServerResponse, go: () => void): void {
    if (this.#moving === 0 || this.#closing || this.#waiting.size >= MOST_WAITING) {
      nobody(response);
      return;
    }
    const finish = (then: () => void) => () => {
      clearTimeout(timer);
      this.#waiting.delete(waiting);
      then();
    };
    const waiting = { host, go: finish(go), give: finish(() => nobody(response)) };
    const timer = setTimeout(() => waiting.give(), this.#patience);
    this.#waiting.add(waiting);
    response.once("close", () => this.#waiting.delete(waiting));
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const entry = this.#find(plainHost(hostOf(request)));
    if (entry?.tenant.upgrade && request.headers.upgrade?.toLowerCase() === "websocket") {
      entry.tenant.upgrade(request, socket, head);
      return;
    }
    // Anything else that offers an upgrade (`h2c` from curl, say) gets an ordinary answer, and then the end.
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket as Socket);
    response.on("finish", () => socket.end());
    this.#dispatch(request, response);
  }
}

/** The authority of an absolute-form target comes before the Host header (RFC 9112, 3.2.2). */
function hostOf(request: IncomingMessage): string {
  const absolute = /^https?:\/\/([^/?#]*)/i.exec(request.url ?? "");
  return absolute?.[1] ?? request.headers.host ?? "";
}

/** Lower case, without port. */
function plainHost(host: string): string {
  return host.replace(/:\d*$/, "").toLowerCase();
}

function nobody(response: ServerResponse): void {
  if (response.headersSent) return;
  const text = "nobody answers for this host here\n";
  response.writeHead(503, {
    "content-type": "text/plain",
    "retry-after": "1",
    "content-length": text.length,
  });
  response.end(text);
}
