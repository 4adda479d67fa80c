import { type AddressInfo, createServer } from "node:net";
import { splitAddress } from "../config/units.ts";

/** The address if nobody listens on it, or the same host with a free port. */
export async function firstFree(address: string): Promise<string> {
  const where = splitAddress(address);
  if ("path" in where) return address;
  const port = (await tryPort(where.host, where.port)) ?? (await tryPort(where.host, 0));
  return `${where.host ?? ""}:${port}`;
}

function tryPort(host: string | undefined, port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen({ host, port, exclusive: true }, () => {
      const bound = (server.address() as AddressInfo).port;
      server.close(() => resolve(bound));
    });
  });
}
