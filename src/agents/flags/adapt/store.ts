import { given, type Part } from "./part.ts";
import type { Reading } from "./reading.ts";

/** Where data outlives the process. */
export function storeIn(read: Reading): Part {
  const store = read.choice("Store", ["memory", "redis"]);
  if (store !== "redis" || read.text("Redis:Layout") === "server") return {};
  const prefix = read.text("Redis:KeyPrefix");
  const single = read.flag("Redis:SingleWriter", false);
  return {
    store: {
      redis: { ...redisIn(read), ...given("prefix", prefix), ...(single && { single_writer: true }) },
    },
  };
}

/** A Redis, as .NET's client writes it (`host:port,host:port,password=…`), or as a URL. */
export function redisIn(read: Reading): Part {
  const text = read.needed("Redis:ConnectionString");
  if (/^(?:rediss?|unix):/.test(text))
    return { url: text, ...given("password", read.text("Redis:Password")) };
  const words = text.split(",").map((word) => word.trim());
  const nodes = words.filter((word) => !word.includes("="));
  const option = (name: string) =>
    words.find((word) => word.toLowerCase().startsWith(`${name}=`))?.slice(name.length + 1);
  const scheme = option("ssl")?.toLowerCase() === "true" ? "rediss" : "redis";
  if (nodes.length > 1) read.note("Redis:ConnectionString", "several nodes are taken for a Redis Cluster");
  return {
    url: `${scheme}://${nodes[0] ?? ""}`,
    ...given("cluster", nodes.length > 1 ? { nodes } : undefined),
    ...given("password", read.text("Redis:Password") ?? option("password")),
  };
}

export function backupIn(read: Reading): Part {
  const path = read.text("BackupFile");
  return path === undefined ? {} : { backup: { path, keep: read.number("BackupFile:Keep", 3) } };
}
