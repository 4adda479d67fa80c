// As an object: `dns.setServers` puts other functions into it.
import dns from "node:dns/promises";
import { unless } from "../core/life.ts";
import { errnoOf, LinkProblem, messageOf } from "../core/problems.ts";

/** One answer to an SRV query. */
export interface SrvRecord {
  /** The host. */
  readonly name: string;
  readonly port: number;
  /** Low numbers go first. */
  readonly priority: number;
  readonly weight: number;
}

/** Asks for the SRV records of a name; there are none once the signal rings. Throws LinkProblem. */
export async function srvRecords(name: string, signal: AbortSignal): Promise<SrvRecord[]> {
  try {
    return (await unless(signal, dns.resolveSrv(name))) ?? [];
  } catch (cause) {
    const why = errnoOf(cause) ?? messageOf(cause);
    throw new LinkProblem("connect_failed", `no SRV records of ${name}: ${why}`, { cause });
  }
}
