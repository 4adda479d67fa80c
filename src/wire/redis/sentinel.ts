import { LinkProblem, messageOf } from "../../core/problems.ts";
import type { RedisAddress } from "./address.ts";
import { withAuthority } from "./authority.ts";
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
