import { LinkProblem, messageOf } from "../../core/problems.ts";
import type { RedisAddress } from "./address.ts";
import { ask } from "./one-question.ts";

/** The URL of the master that sentinels name now. Throws LinkProblem if none of them knows. */
export async function masterOf({ url, sentinel }: RedisAddress, signal: AbortSignal): Promise<string> {
  const { name, nodes } = sentinel!;
  const reasons: string[] = [];
  for (const node of nodes) {
    try {
      const reply = await ask(node, ["SENTINEL", "get-master-addr-by-name", name], signal);
      const [host, port] = Array.isArray(reply) ? (reply as string[]) : [];
      if (host && port) return withAuthority(url, host, port);
      reasons.push(`${node} does not know "${name}"`);
    } catch (error) {
      signal.throwIfAborted();
      reasons.push(`${node}: ${messageOf(error)}`);
    }
  }
  throw new LinkProblem("connect_failed", `no sentinel knows the master: ${reasons.join("; ")}`);
}

function withAuthority(url: string, host: string, port: string): string {
  const master = new URL(url);
  // `host` and `port` of an unknown scheme may be set, unlike those of `unix:`, which has none.
  master.hostname = host.includes(":") ? `[${host}]` : host;
  master.port = port;
  return master.href;
}
