import { given, type Part } from "./part.ts";
import type { Reading } from "./reading.ts";
import { redisIn } from "./store.ts";

/** Where flags come from: a server, or whoever pushes. */
export function serverIn(read: Reading, key: string): Part {
  const url = read.uri("StreamingUri", true) ?? "";
  const resync = read.number("FullResyncSeconds", 900);
  const polling = read.flag("UpstreamPollingFallback", true);
  const secrets = read.list("Environments");
  const more = { resync: `${resync}s`, ...(!polling && { polling }) };
  if (secrets.length === 0) return { featbit: { url, key, agent: read.needed("AgentId"), ...more } };
  const environments = secrets.map((name) => ({
    server: read.needed(`${name}:ServerSecret`),
    ...given("client", read.text(`${name}:ClientSecret`)),
  }));
  return { featbit: { url, environments, ...more } };
}

export function offlineIn(read: Reading): Part {
  const file = read.text("BootstrapFile");
  if (read.text("Redis:Layout") === "server") return { redis: serverCache(read) };
  return file === undefined ? { push: {} } : { file };
}

/** The server's own keys lie in all slots of a cluster, and only one node is followed. */
function serverCache(read: Reading): Part {
  const { cluster, ...redis } = redisIn(read);
  if (cluster !== undefined)
    read.wrong(
      "Redis:ConnectionString",
      "FeatBit's own cache is not read from a Redis Cluster; name one node",
    );
  return redis;
}
