import { LinkProblem, messageOf } from "../../core/problems.ts";
import type { RedisAddress } from "./address.ts";
import { withAuthority } from "./authority.ts";
import type { RedisConnection } from "./connection.ts";

type Connect = (address: RedisAddress, signal: AbortSignal) => Promise<RedisConnection>;

/** A range of slots and who has them, as `CLUSTER SLOTS` answers it: the master first, then its replicas. */
type Slots = readonly [number, number, readonly [string, number, ...unknown[]], ...unknown[]];

/**
 * The URL of the node that has a key's slot now. Keys that share a hash tag share a slot, so whoever only has such
 * keys needs no more than this one node. Throws LinkProblem if no node knows.
 */
export async function ownerOf(address: RedisAddress, connect: Connect, signal: AbortSignal): Promise<string> {
  const { url, password, cluster } = address;
  const { key, nodes } = cluster!;
  const reasons: string[] = [];
  for (const node of nodes) {
    const at = node.lastIndexOf(":");
    const host = node.slice(0, at);
    try {
      const redis = await connect({ url: withAuthority(url, host, node.slice(at + 1)), password }, signal);
      const owner = await askFor(key, redis).finally(() => redis.end());
      // A node that was never told its own name says nothing for it.
      if (owner) return withAuthority(url, owner.host || host, String(owner.port));
      reasons.push(`${node} knows nobody for the slot of "${key}"`);
    } catch (error) {
      signal.throwIfAborted();
      reasons.push(`${node}: ${messageOf(error)}`);
    }
  }
  throw new LinkProblem("connect_failed", `no node of the cluster answers: ${reasons.join("; ")}`);
}

async function askFor(
  key: string,
  redis: RedisConnection,
): Promise<{ host: string; port: number } | undefined> {
  const slot = (await redis.command("CLUSTER", "KEYSLOT", key)) as number;
  const all = (await redis.command("CLUSTER", "SLOTS")) as unknown as readonly Slots[];
  const range = all.find(([from, to]) => from <= slot && slot <= to);
  return range && { host: range[2][0], port: range[2][1] };
}
