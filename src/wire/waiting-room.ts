import type { ServerResponse } from "node:http";
import type { HttpTenant } from "../core/doors.ts";
import { later } from "../core/life.ts";
import { clash, say } from "./http-lodging.ts";
import type { DoorLimits } from "./limits.ts";

interface Waiting {
  readonly host: string;
  readonly timer: NodeJS.Timeout;
  readonly response: ServerResponse;
  readonly go: () => void;
}

/** Where requests wait for whoever moves in next, bounded in number and time. */
export class WaitingRoom {
  readonly #limits: DoorLimits;
  readonly #waiting = new Set<Waiting>();
  /** Tenants that moved out, until somebody moves in for their hosts or nobody is patient any more. */
  readonly #gone = new Map<HttpTenant, NodeJS.Timeout>();
  #closed = false;

  constructor(limits: DoorLimits) {
    this.#limits = limits;
  }

  movedOut(tenant: HttpTenant): void {
    if (this.#closed) return;
    const timer = later(this.#limits.patience, () => this.#gone.delete(tenant));
    this.#gone.set(tenant, timer.unref());
  }

  /** Lets those go who waited for it. */
  movedIn(tenant: HttpTenant, isFor: (host: string) => boolean): void {
    for (const gone of this.#gone.keys()) if (clash(gone, tenant)) this.#forget(gone);
    for (const waiting of [...this.#waiting]) {
      if (isFor(waiting.host)) this.#leave(waiting, waiting.go);
    }
  }

  /** Lets a request wait for a tenant of its host, if one has just moved out and there is room; else says so. */
  wait(host: string, response: ServerResponse, go: () => void): void {
    const expected = [...this.#gone.keys()].some(({ hosts }) => hosts === undefined || hosts.includes(host));
    if (!expected || this.#waiting.size >= this.#limits.waiting) {
      nobody(response);
      return;
    }
    const timer = later(this.#limits.patience, () => this.#leave(waiting, () => nobody(response)));
    const waiting: Waiting = { host, timer, response, go };
    this.#waiting.add(waiting);
    response.once("close", () => this.#leave(waiting, () => {}));
  }

  /** Sends everybody away. */
  close(): void {
    this.#closed = true;
    for (const gone of [...this.#gone.keys()]) this.#forget(gone);
    for (const waiting of [...this.#waiting]) this.#leave(waiting, () => nobody(waiting.response));
  }

  #leave(waiting: Waiting, then: () => void): void {
    clearTimeout(waiting.timer);
    if (this.#waiting.delete(waiting)) then();
  }

  #forget(tenant: HttpTenant): void {
    clearTimeout(this.#gone.get(tenant));
    this.#gone.delete(tenant);
  }
}

function nobody(response: ServerResponse): void {
  response.setHeader("retry-after", "1");
  say(response, 503, "nobody answers for this host here");
}
