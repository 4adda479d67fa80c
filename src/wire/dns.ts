import { Resolver } from "node:dns/promises";
import { onAbort } from "../core/life.ts";
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

/** Asks for the SRV records of a name. Throws LinkProblem. */
export async function srvRecords(name: string, signal: AbortSignal): Promise<SrvRecord[]> {
  const resolver = new Resolver();
  const forget = onAbort(signal, () => resolver.cancel());
  try {
    return await resolver.resolveSrv(name);
  } catch (cause) {
    const why = errnoOf(cause) ?? messageOf(cause);
    throw new LinkProblem("connect_failed", `no SRV records of ${name}: ${why}`, { cause });
  } finally {
    forget();
  }
}
