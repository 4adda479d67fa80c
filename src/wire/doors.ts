import { unlink } from "node:fs/promises";
import { createConnection, createServer, type Server, type Socket } from "node:net";
import { splitAddress } from "../config/units.ts";
import type { Doors, HttpTenant, SocketTenant, Tenancy, Tenant } from "../core/doors.ts";
import { unless } from "../core/life.ts";
import { errnoOf, LinkProblem, messageOf } from "../core/problems.ts";
import { HttpDoor } from "./http-door.ts";

/** How long a caller may wait for the next tenant, in milliseconds. */
const PATIENCE = 10_000;
/**
 * How many connections the kernel may hold until we take them. Whoever comes when it is full waits a second or more
 * before trying again, so a crowd that comes at once should fit; the kernel's own limit stands above it.
 */
const BACKLOG = 4_096;
/** How many connections may wait for the next tenant. */
const MOST_WAITING = 1_000;

/** Every listening socket of the process, by address. */
export class House {
  readonly #doors = new Map<string, Promise<Door>>();
  readonly #patience: number;

  constructor(patience = PATIENCE) {
    this.#patience = patience;
  }

  /** The doors as one agent sees them. With port 0 each agent gets a door of its own. */
  for(owner: string): Doors {
    return { open: (address, tenant) => this.#open(keyOf(address, owner), address, tenant) };
  }

  async #open(key: string, address: string, tenant: Tenant): Promise<Tenancy> {
    const opening = this.#doors.get(key) ?? Door.open(address, this.#patience);
    this.#doors.set(key, opening);
    try {
      const door = await opening;
      return { address: door.address, leave: door.moveIn(tenant) };
    } catch (error) {
      if ((await opening.catch(() => undefined)) === undefined) this.#doors.delete(key);
      throw error;
    }
  }

  /** Closes every door that nobody lives behind and nobody will claim. */
  async sweep(claimed: Iterable<{ owner: string; address: string }>, kill: AbortSignal): Promise<void> {
    const wanted = new Set([...claimed].map(({ owner, address }) => keyOf(address, owner)));
    await Promise.all(
      [...this.#doors].map(async ([key, opening]) => {
        const door = await opening.catch(() => undefined);
        if (!door?.empty || wanted.has(key)) return;
        this.#doors.delete(key);
        await door.close(kill);
      }),
    );
  }

  /** Closes all doors; connections that are still busy may finish until `kill` rings. */
  async close(kill: AbortSignal): Promise<void> {
    const doors = await Promise.all(
      [...this.#doors.values()].map((opening) => opening.catch(() => undefined)),
    );
    this.#doors.clear();
    await Promise.all(doors.map((door) => door?.close(kill)));
  }
}

function keyOf(address: string, owner: string): string {
  return address.endsWith(":0") ? `${address} of ${owner}` : address;
}

/** One listening socket. Whoever knocks while nobody lives behind it waits a moment. */
class Door {
  readonly address: string;
  readonly #server: Server;
  readonly #patience: number;
  readonly #sockets = new Set<Socket>();
  readonly #waiting = new Map<Socket, NodeJS.Timeout>();
  #tenant: SocketTenant | HttpDoor | undefined;

  private constructor(server: Server, address: string, patience: number) {
    this.#server = server;
    this.address = address;
    this.#patience = patience;
    server.on("connection", (socket) => this.#connected(socket));
    // After listening, errors are about single connections (no file descriptor left): the door stays open.
    server.on("error", () => {});
  }

  static async open(address: string, patience: number): Promise<Door> {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    try {
      await listen(server, address);
    } catch (error) {
      throw new LinkProblem("door_taken", `cannot listen on ${address}: ${messageOf(error)}`, {
        cause: error,
      });
    }
    return new Door(server, boundAddress(server, address), patience);
  }

  get empty(): boolean {
    return this.#tenant === undefined || (this.#tenant instanceof HttpDoor && this.#tenant.empty);
  }

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
    this.#tenant = tenant;
    this.#letIn();
    return async () => {
      if (this.#tenant === tenant) this.#tenant = undefined;
    };
  }

  #moveInHttp(tenant: HttpTenant): Tenancy["leave"] {
    const house = this.#tenant instanceof HttpDoor ? this.#tenant : new HttpDoor(this.#patience);
    if ((this.#tenant && this.#tenant !== house) || house.clash(tenant)) throw this.#occupied();
    this.#tenant = house;
    const leave = house.moveIn(tenant);
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
    else if (this.#tenant) this.#tenant.socket(socket);
    else if (this.#waiting.size >= MOST_WAITING) socket.destroy();
    else
      this.#waiting.set(
        socket,
        setTimeout(() => socket.destroy(), this.#patience),
      );
  }

  #letIn(): void {
    for (const [socket, timer] of [...this.#waiting]) {
      clearTimeout(timer);
      this.#waiting.delete(socket);
      this.#admit(socket);
    }
  }
}

function listen(server: Server, address: string): Promise<void> {
  const where = splitAddress(address);
  const attempt = () =>
    new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      // A second process on the same port must fail, not share.
      server.listen({ ...where, backlog: BACKLOG, exclusive: true }, () => {
        server.off("error", reject);
        resolve();
      });
    });
  if (!("path" in where)) return attempt();
  return attempt().catch(async (error: unknown) => {
    if (errnoOf(error) !== "EADDRINUSE" || (await answers(where.path))) throw error;
    // A socket file that a crash left behind.
    await unlink(where.path);
    return attempt();
  });
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path, () => resolve(true)).on("error", () => resolve(false));
    socket.on("close", () => {}).on("connect", () => socket.destroy());
  });
}

function boundAddress(server: Server, asked: string): string {
  const bound = server.address();
  if (bound === null || typeof bound === "string") return asked;
  const where = splitAddress(asked);
  const host = "host" in where ? (where.host ?? "") : "";
  return host.includes(":") ? `[${host}]:${bound.port}` : `${host}:${bound.port}`;
}
