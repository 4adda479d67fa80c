import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { HttpTenant, QuickRelay, QuickRequest } from "../core/doors.ts";
import { onAbort } from "../core/life.ts";
import type { Log } from "../core/log.ts";

/** A tenant that answers HTTP, and what it has not answered yet. */
export class HttpLodging {
  readonly tenant: HttpTenant;
  readonly #log: Log;
  readonly #busy = new Set<{ destroy(): void }>();
  /** Upgraded connections are the tenant's to end; only `kill` takes them away. */
  readonly #upgraded = new Set<Duplex>();
  #idle: (() => void) | undefined;

  constructor(tenant: HttpTenant, log: Log) {
    this.tenant = tenant;
    this.#log = log;
  }

  quick(request: QuickRequest): string | QuickRelay | undefined {
    try {
      const answer = this.tenant.quick?.(request);
      return typeof answer === "function" ? this.#counted(answer) : answer;
    } catch (error) {
      this.#fell(error, request.target);
      return undefined;
    }
  }

  request(request: IncomingMessage, response: ServerResponse): void {
    this.#busy.add(response);
    response.once("close", () => this.#answered(response));
    try {
      const answering = this.tenant.request(request, response);
      if (answering) answering.catch((error: unknown) => this.#failed(error, request, response));
    } catch (error) {
      this.#failed(error, request, response);
    }
  }

  #failed(error: unknown, request: IncomingMessage, response: ServerResponse): void {
    // A caller who has gone in the middle is no defect, and hears no answer.
    if (request.destroyed && !request.complete) return;
    this.#fell(error, request.url);
    if (response.headersSent) response.destroy();
    else say(response, 500, "this request met a defect");
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#upgraded.add(socket);
    socket.once("close", () => this.#upgraded.delete(socket));
    try {
      this.tenant.upgrade?.(request, socket, head);
    } catch (error) {
      this.#fell(error, request.url);
      socket.destroy();
    }
  }

  /** A relay that counts as a request under way until it is done, given up, or cut. */
  #counted(relay: QuickRelay): QuickRelay {
    return (client, done) => {
      const entry = { destroy: () => client.destroy() };
      this.#busy.add(entry);
      const abort = relay(client, (again) => {
        this.#answered(entry);
        done(again);
      });
      return () => {
        this.#answered(entry);
        abort();
      };
    };
  }

  #answered(entry: { destroy(): void }): void {
    this.#busy.delete(entry);
    if (this.#busy.size === 0) this.#idle?.();
  }

  /** Resolves when every request is answered, or when `kill` rings; then what is left is cut. */
  async leave(kill: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const forget = onAbort(kill, resolve);
      this.#idle = () => {
        forget();
        resolve();
      };
      if (this.#busy.size === 0) this.#idle();
    });
    if (!kill.aborted) return;
    for (const response of this.#busy) response.destroy();
    for (const socket of this.#upgraded) socket.destroy();
  }

  #fell(error: unknown, target: string | undefined): void {
    this.#log.error({ target, err: error }, "a request met a defect");
  }
}

/** Whether two tenants would answer for the same host. */
export function clash(one: HttpTenant, other: HttpTenant): boolean {
  if (!one.hosts || !other.hosts) return one.hosts === other.hosts;
  return one.hosts.some((host) => other.hosts?.includes(host));
}

/** The host a request is for. The authority of an absolute-form target comes before the Host header (RFC 9112, 3.2.2). */
export function hostOf(request: IncomingMessage): string {
  const absolute = /^https?:\/\/([^/?#]*)/i.exec(request.url ?? "");
  return plainHost(absolute?.[1] ?? request.headers.host ?? "");
}

/** Lower case, without port. */
export function plainHost(host: string): string {
  return host.replace(/:\d*$/, "").toLowerCase();
}

/** A short answer of the door itself. */
export function say(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "text/plain", "content-length": text.length + 1 });
  response.end(`${text}\n`);
}
