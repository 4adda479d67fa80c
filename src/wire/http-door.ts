import { createServer, type IncomingMessage, type Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { HttpTenant, QuickRelay, QuickRequest } from "../core/doors.ts";
import type { Log } from "../core/log.ts";
import { clash, HttpLodging, hostOf, plainHost } from "./http-lodging.ts";
import type { DoorLimits } from "./limits.ts";
import { QuickLane } from "./quick.ts";
import { WaitingRoom } from "./waiting-room.ts";

/** The HTTP side of a door: finds the tenant for each request's host, and lets requests wait while one moves. */
export class HttpDoor {
  readonly #lodgings: HttpLodging[] = [];
  readonly #waiting: WaitingRoom;
  readonly #server: Server;
  readonly #quick: QuickLane;
  readonly #log: Log;
  /** Connections that have not asked for anything yet; the server does not count them as idle. */
  readonly #fresh = new Set<Duplex>();
  /** Answers that wait for their turn on their connection. When it closes, Node forgets them without a word. */
  readonly #queued = new Map<Socket, Set<ServerResponse>>();
  #closing = false;

  constructor(limits: DoorLimits, log: Log) {
    this.#log = log;
    this.#waiting = new WaitingRoom(limits);
    this.#server = createServer({
      keepAliveTimeout: limits.idle,
      headersTimeout: limits.head,
      connectionsCheckingInterval: Math.min(5_000, limits.head),
      insecureHTTPParser: false,
    });
    // It never listens, because the door does; told that it does, it watches over slow heads and idle connections.
    this.#server.emit("listening");
    this.#server.on("request", (request, response) => this.#dispatch(request, response));
    this.#server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
    this.#quick = new QuickLane({
      answer: (request) => this.#answerQuick(request),
      mend: (target) => this.#lodgings.find(({ tenant }) => tenant.mend)?.tenant.mend?.(target),
      handOver: (socket, unread) => {
        this.#serveFully(socket);
        socket.unshift(unread);
      },
      idle: limits.idle,
    });
  }

  /** A fresh connection. */
  serve(socket: Socket): void {
    // Targets are mended on the way through the fast lane, also for tenants that answer nothing there.
    if (this.#lodgings.some(({ tenant }) => tenant.quick ?? tenant.mend)) this.#quick.serve(socket);
    else this.#serveFully(socket);
  }

  /** Whether a new tenant would answer for the same host as one that is here. */
  clash(tenant: HttpTenant): boolean {
    return this.#lodgings.some(({ tenant: other }) => clash(tenant, other));
  }

  moveIn(tenant: HttpTenant): (kill: AbortSignal) => Promise<void> {
    const lodging = new HttpLodging(tenant, this.#log);
    this.#lodgings.push(lodging);
    this.#waiting.movedIn(tenant, (host) => this.#find(host) === lodging);
    return async (kill) => {
      this.#lodgings.splice(this.#lodgings.indexOf(lodging), 1);
      this.#waiting.movedOut(tenant);
      await lodging.leave(kill);
    };
  }

  get empty(): boolean {
    return this.#lodgings.length === 0;
  }

  /** Ends idle connections now, and busy ones after their answer. */
  close(): void {
    this.#closing = true;
    this.#quick.end();
    this.#waiting.close();
    for (const socket of this.#fresh) socket.destroy();
    // It never listened, so this only ends idle connections and the timer for slow heads.
    this.#server.close();
  }

  #find(host: string): HttpLodging | undefined {
    let everyHost: HttpLodging | undefined;
    for (const lodging of this.#lodgings) {
      const { hosts } = lodging.tenant;
      if (hosts === undefined) everyHost = lodging;
      else if (hosts.includes(host)) return lodging;
    }
    return everyHost;
  }

  #answerQuick(request: QuickRequest): string | QuickRelay | undefined {
    const [only] = this.#lodgings;
    const alone = this.#lodgings.length === 1 && !only?.tenant.hosts;
    return (alone ? only : this.#find(plainHost(request.host)))?.quick(request);
  }

  #serveFully(socket: Socket): void {
    this.#fresh.add(socket);
    socket.once("close", () => this.#fresh.delete(socket));
    this.#server.emit("connection", socket);
  }

  #dispatch(request: IncomingMessage, response: ServerResponse): void {
    this.#fresh.delete(request.socket);
    if (response.socket === null) this.#queue(request.socket, response);
    if (this.#closing) response.shouldKeepAlive = false;
    // A connection that was busy when the door closed is idle after its answer.
    response.once("close", () => this.#closing && this.#server.closeIdleConnections());
    const host = hostOf(request);
    const lodging = this.#find(host);
    if (lodging) lodging.request(request, response);
    else this.#waiting.wait(host, response, () => this.#dispatch(request, response));
  }

  /** Sees to it that an answer whose turn never comes is closed all the same, as everybody waits for that. */
  #queue(socket: Socket, response: ServerResponse): void {
    const queued = this.#queued.get(socket) ?? new Set();
    if (!this.#queued.has(socket)) {
      this.#queued.set(socket, queued);
      socket.once("close", () => {
        this.#queued.delete(socket);
        for (const lost of queued) if (lost.socket === null) lost.destroy().emit("close");
      });
    }
    queued.add(response);
    response.once("close", () => queued.delete(response));
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#fresh.delete(socket);
    const host = hostOf(request);
    const lodging = this.#find(host);
    const isWebSocket = request.headers.upgrade?.toLowerCase() === "websocket";
    if (isWebSocket && lodging?.tenant.upgrade) {
      lodging.upgrade(request, socket, head);
      return;
    }
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket as Socket);
    response.on("finish", () => socket.end());
    const again = () => {
      response.detachSocket(socket as Socket);
      this.#upgrade(request, socket, head);
    };
    if (isWebSocket && !lodging) this.#waiting.wait(host, response, again);
    // Anything else that offers an upgrade (`h2c` from curl, say) gets an ordinary answer, and then the end.
    else this.#dispatch(request, response);
  }
}
