import { createServer, type Server, type Socket } from "node:net";
import type { HttpTenant, SocketTenant, Tenancy, Tenant } from "../core/doors.ts";
import { later, onAbort, unless } from "../core/life.ts";
import type { Log } from "../core/log.ts";
import { LinkProblem } from "../core/problems.ts";
import { HttpDoor } from "./http-door.ts";
import type { DoorLimits } from "./limits.ts";
import { listen } from "./listen.ts";

/** A tenant that takes whole connections, and those it has not answered yet. */
interface Lodging {
  readonly tenant: SocketTenant;
  readonly busy: Set<Socket>;
  idle: (() => void) | undefined;
}

/** One listening socket. Whoever knocks while nobody lives behind it waits a moment. */
export class Door {
  /** Where it really listens. */
  readonly address: string;
  readonly #server: Server;
  readonly #limits: DoorLimits;
  readonly #log: Log;
  readonly #sockets = new Set<Socket>();
  readonly #waiting = new Map<Socket, NodeJS.Timeout>();
  #tenant: Lodging | HttpDoor | undefined;

  private constructor(server: Server, address: string, limits: DoorLimits, log: Log) {
    this.#server = server;
    this.address = address;
    this.#limits = limits;
    this.#log = log;
    server.on("connection", (socket) => this.#connected(socket));
    // After listening, errors are about single connections (no file descriptor left): the door stays open.
    server.on("error", () => {});
  }

  /** Throws LinkProblem `door_taken`. */
  static async open(address: string, limits: DoorLimits, log: Log): Promise<Door> {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    return new Door(server, await listen(server, address), limits, log);
  }

  get empty(): boolean {
    return this.#tenant === undefined || (this.#tenant instanceof HttpDoor && this.#tenant.empty);
  }

  /** Throws LinkProblem `door_taken` if the tenant cannot live beside who is here. */
  moveIn(tenant: Tenant): Tenancy["leave"] {
    return "socket" in tenant ? this.#moveInAlone(tenant) : this.#moveInHttp(tenant);
  }

  async close(kill: AbortSignal): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#waiting.keys()) socket.destroy();
    if (this.#tenant instanceof HttpDoor) this.#tenant.close();
    await unless(kill, closed);
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #moveInAlone(tenant: SocketTenant): Tenancy["leave"] {
    if (!this.empty) throw this.#occupied();
    if (this.#tenant instanceof HttpDoor) this.#tenant.close();
    const lodging: Lodging = { tenant, busy: new Set(), idle: undefined };
    this.#tenant = lodging;
    this.#letIn();
    return (kill) => this.#moveOut(lodging, kill);
  }

  async #moveOut(lodging: Lodging, kill: AbortSignal): Promise<void> {
    if (this.#tenant === lodging) this.#tenant = undefined;
    if (lodging.busy.size === 0) return;
    await new Promise<void>((resolve) => {
      const forget = onAbort(kill, resolve);
      lodging.idle = () => {
        forget();
        resolve();
      };
    });
    for (const socket of lodging.busy) socket.destroy();
  }

  #moveInHttp(tenant: HttpTenant): Tenancy["leave"] {
    const before = this.#tenant;
    if (before && !(before instanceof HttpDoor)) throw this.#occupied();
    if (before?.clash(tenant)) throw this.#occupied();
    const http = before ?? new HttpDoor(this.#limits, this.#log);
    this.#tenant = http;
    const leave = http.moveIn(tenant);
    this.#letIn();
    return leave;
  }

  #occupied(): LinkProblem {
    return new LinkProblem("door_taken", `another agent of this process answers on ${this.address}`);
  }

  #connected(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => {
      this.#sockets.delete(socket);
      clearTimeout(this.#waiting.get(socket));
      this.#waiting.delete(socket);
    });
    // Resets are a normal end of a connection; unheard, they would end the process.
    socket.on("error", () => {});
    this.#admit(socket);
  }

  #admit(socket: Socket): void {
    if (this.#tenant instanceof HttpDoor) this.#tenant.serve(socket);
    else if (this.#tenant) this.#hand(this.#tenant, socket);
    else if (this.#waiting.size >= this.#limits.waiting) socket.destroy();
    else {
      const timer = later(this.#limits.patience, () => socket.destroy());
      this.#waiting.set(socket, timer);
    }
  }

  /** A connection is answered when our side of it has ended. */
  #hand(lodging: Lodging, socket: Socket): void {
    const answered = () => {
      lodging.busy.delete(socket);
      if (lodging.busy.size === 0) lodging.idle?.();
    };
    lodging.busy.add(socket);
    socket.once("finish", answered).once("close", answered);
    try {
      lodging.tenant.socket(socket);
    } catch (error) {
      this.#log.error({ address: this.address, err: error }, "a connection met a defect");
      socket.destroy();
    }
  }

  #letIn(): void {
    for (const [socket, timer] of [...this.#waiting]) {
      clearTimeout(timer);
      this.#waiting.delete(socket);
      this.#admit(socket);
    }
  }
}
