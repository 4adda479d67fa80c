import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

/**
 * Listening sockets belong to the process, not to an agent: while an agent is replaced, its door stays open, and
 * those who knock wait a moment for the next tenant.
 *
 * An address is `host:port`, `:port` (every interface), `[v6]:port` or `unix:/path`. Port 0 takes a free one.
 */
export interface Doors {
  /**
   * Moves a tenant in. Opens the door if it is not open yet.
   * Throws LinkProblem `door_taken` if the address cannot be opened.
   */
  open(address: string, tenant: Tenant): Promise<Tenancy>;
}

export type Tenant = SocketTenant | HttpTenant;

/** Takes whole connections. Such a tenant lives alone behind its door. */
export interface SocketTenant {
  socket(socket: Socket): void;
}

/** Answers HTTP requests; tenants of one door share it by host name. */
export interface HttpTenant {
  /** Lower-case host names without port; undefined answers for every host that no other tenant named. */
  readonly hosts?: readonly string[];
  /** A defect that is thrown, now or later, is told and answered with 500 for it. */
  request(request: IncomingMessage, response: ServerResponse): void | Promise<void>;
  upgrade?(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /**
   * The fast lane: a plain GET or HEAD without a body may be answered straight on the socket, at once or by and by.
   * Returning undefined leaves the request to `request`.
   */
  quick?(request: QuickRequest): string | QuickRelay | undefined;
  /**
   * Rewrites a target with bytes beyond ASCII, which `request` could not be given: Node's server refuses them.
   * Only asked where there is a fast lane, for the request with which a connection leaves it.
   */
  mend?(target: string): string | undefined;
}

/** A request whose head was checked byte by byte. All texts hold one character per byte. */
export interface QuickRequest {
  readonly method: "GET" | "HEAD";
  readonly target: string;
  readonly host: string;
  /** The header lines as received, without the request line. */
  readonly headers: string;
  /** False where the client asked to close after this answer. */
  readonly keepAlive: boolean;
}

/**
 * Writes a whole response to the socket, and then calls `done` once: with true if the next request may follow it.
 * @returns a function that gives it up, because the client has gone or the door closes; `done` is not called then
 */
export type QuickRelay = (client: Socket, done: (again: boolean) => void) => () => void;

export interface Tenancy {
  /** Where the door really listens; with port 0 the one it got. */
  readonly address: string;
  /** Moves out: takes nothing new, and resolves when everything taken is answered, or when `kill` rings. */
  leave(kill: AbortSignal): Promise<void>;
}
