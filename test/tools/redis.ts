import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import { connect, type RedisConnection } from "../../src/wire/redis/connection.ts";
import { folder } from "./folder.ts";
import { find } from "./needs.ts";
import { freePort } from "./ports.ts";
import type { Tidy } from "./tidy.ts";
import { until } from "./until.ts";

export interface RedisOptions {
  readonly password?: string;
  /** Written to disk at every change, so that it remembers. Default: it forgets everything. */
  readonly durable?: boolean;
  /** More words of its command line. */
  readonly more?: readonly string[];
}

/** A real Redis on a free port of loopback, in a folder of its own, ended by its pid. */
export class RedisServer {
  readonly port: number;
  readonly folder: string;
  readonly socket: string;
  readonly #options: RedisOptions;
  #child: ChildProcess | undefined;

  private constructor(port: number, path: string, options: RedisOptions) {
    this.port = port;
    this.folder = path;
    this.socket = join(path, "redis.sock");
    this.#options = options;
  }

  static async start(tidy: Tidy, options: RedisOptions = {}): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), await folder(tidy), options);
    tidy.later(() => server.kill());
    await server.up();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it, again after `kill`. */
  async up(): Promise<void> {
    const { password, durable, more = [] } = this.#options;
    const memory = durable
      ? ["--appendonly", "yes", "--appendfsync", "always"]
      : ["--save", "", "--appendonly", "no"];
    const words = ["--port", String(this.port), "--bind", "127.0.0.1", "--dir", this.folder];
    const secret = password ? ["--requirepass", password] : [];
    const args = [...words, "--unixsocket", this.socket, ...memory, ...secret, ...more];
    this.#child = spawn(find("redis-server")!, args, { stdio: "ignore" });
    await until("redis answers", () => this.#answers());
  }

  /** As by kill -9. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }

  /** A connection of the test's own. */
  async client(tidy: Tidy): Promise<RedisConnection> {
    const client = await connect({ url: this.url }, new AbortController().signal);
    tidy.later(() => client.end());
    return client;
  }

  #answers(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = createConnection(this.port, "127.0.0.1");
      const done = (answers: boolean) => {
        socket.destroy();
        resolve(answers);
      };
      socket.on("error", () => done(false)).on("data", (data) => done(/PONG|NOAUTH/.test(data.toString())));
      socket.write("PING\r\n");
    });
  }
}

/** A real sentinel that watches a master. @param lines of its configuration, after the port @returns the port */
export async function startSentinel(tidy: Tidy, ...lines: readonly string[]): Promise<number> {
  const [port, path] = [await freePort(), await folder(tidy)];
  const config = join(path, "sentinel.conf");
  writeFileSync(config, [`port ${port}`, ...lines, ""].join("\n"));
  const sentinel = spawn(find("redis-server")!, [config, "--sentinel"], { stdio: "ignore" });
  tidy.later(async () => {
    const gone = once(sentinel, "exit");
    sentinel.kill("SIGKILL");
    await gone;
  });
  return port;
}

/** Three masters of a cluster, without replicas; each has a third of the slots. */
export async function redisCluster(tidy: Tidy): Promise<RedisServer[]> {
  const buses = [await freePort(), await freePort(), await freePort()];
  const servers: RedisServer[] = [];
  for (const [i, bus] of buses.entries()) {
    const more = [
      "--cluster-enabled",
      "yes",
      "--cluster-port",
      String(bus),
      "--cluster-node-timeout",
      "2000",
    ];
    const server = await RedisServer.start(tidy, { more });
    const client = await server.client(tidy);
    await client.command("CLUSTER", "SET-CONFIG-EPOCH", String(i + 1));
    const [from, to] = [Math.ceil((16_384 * i) / 3), Math.ceil((16_384 * (i + 1)) / 3) - 1];
    await client.command("CLUSTER", "ADDSLOTSRANGE", String(from), String(to));
    for (const [j, { port }] of servers.entries())
      await client.command("CLUSTER", "MEET", "127.0.0.1", String(port), String(buses[j]));
    servers.push(server);
  }
  const stands = async (server: RedisServer) =>
    /cluster_state:ok[\s\S]*cluster_known_nodes:3/.test(
      String(await (await server.client(tidy)).command("CLUSTER", "INFO")),
    );
  for (const server of servers) await until("the cluster stands", () => stands(server), { within: 20_000 });
  return servers;
}
