import { unlink } from "node:fs/promises";
import { createConnection, type Server } from "node:net";
import { splitAddress } from "../config/units.ts";
import { errnoOf, LinkProblem, messageOf } from "../core/problems.ts";

/**
 * How many connections the kernel may hold until we take them. Whoever comes when it is full waits a second or more
 * before trying again, so a crowd that comes at once should fit; the kernel's own limit stands above it.
 */
const BACKLOG = 4_096;

/** Opens a server at an address. @returns where it really listens. Throws LinkProblem `door_taken`. */
export async function listen(server: Server, address: string): Promise<string> {
  try {
    await bind(server, address);
  } catch (error) {
    throw new LinkProblem("door_taken", `cannot listen on ${address}: ${messageOf(error)}`, { cause: error });
  }
  return boundAddress(server, address);
}

async function bind(server: Server, address: string): Promise<void> {
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
  try {
    await attempt();
  } catch (error) {
    if (!("path" in where) || errnoOf(error) !== "EADDRINUSE" || (await answers(where.path))) throw error;
    // A socket file that a crash left behind.
    await unlink(where.path);
    await attempt();
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path, () => {
      socket.destroy();
      resolve(true);
    }).on("error", () => resolve(false));
  });
}

function boundAddress(server: Server, asked: string): string {
  const bound = server.address();
  if (bound === null || typeof bound === "string") return asked;
  const where = splitAddress(asked);
  const host = "host" in where ? (where.host ?? "") : "";
  return host.includes(":") ? `[${host}]:${bound.port}` : `${host}:${bound.port}`;
}
