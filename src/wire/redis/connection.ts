import { onAbort, settlesWithin } from "../../core/life.ts";
import { DeniedProblem, errnoOf, LinkProblem, messageOf, type Problem } from "../../core/problems.ts";
import { maskUrl } from "../../core/secret.ts";
import type { RedisAddress } from "./address.ts";
import { ownerOf } from "./cluster.ts";
import { redis } from "./library.ts";
import { masterOf } from "./sentinel.ts";

/** What Redis answers, in the types of RESP 2. */
export type RedisReply = string | number | null | readonly RedisReply[];

type Client = ReturnType<typeof clientOf>;

/** How long connecting may take, in milliseconds. */
const CONNECT = 5_000;
/** How long an answer may take, in milliseconds. */
const ANSWER = 30_000;

/** One connection to a Redis. It never reconnects by itself: whoever uses it is told, and opens another. */
export class RedisConnection {
  readonly #client: Client;
  readonly #name: string;
  readonly #broken: Promise<Problem>;
  #problem: Problem | undefined;

  constructor(client: Client, name: string) {
    this.#client = client;
    this.#name = name;
    this.#broken = new Promise((resolve) => {
      const broke = (error?: unknown) => {
        this.#problem ??= redisProblem(error ?? new Error("the connection was closed"), name);
        resolve(this.#problem);
      };
      client.on("error", broke).on("end", () => broke());
    });
  }

  /** Resolves when the connection is over, with the reason. */
  get broken(): Promise<Problem> {
    return this.#broken;
  }

  /** Sends a command. Throws LinkProblem and DeniedProblem. */
  async command(...words: readonly string[]): Promise<RedisReply> {
    if (this.#problem) throw this.#problem;
    return this.#answer(this.#client.sendCommand([...words]));
  }

  /** Sends commands in one go, done all or none (MULTI … EXEC). */
  async transaction(commands: readonly (readonly string[])[]): Promise<readonly RedisReply[]> {
    if (this.#problem) throw this.#problem;
    const multi = this.#client.multi();
    for (const words of commands) multi.addCommand([...words]);
    return (await this.#answer(multi.exec() as unknown as Promise<RedisReply>)) as readonly RedisReply[];
  }

  /** Listens to channels. After this, the connection takes no other commands. */
  async subscribe(
    channels: readonly string[],
    heard: (message: string, channel: string) => void,
  ): Promise<void> {
    await this.#answer(
      this.#client.subscribe([...channels], heard) as Promise<unknown> as Promise<RedisReply>,
    );
  }

  end(): void {
    if (this.#client.isOpen) this.#client.destroy();
  }

  async #answer(reply: Promise<RedisReply>): Promise<RedisReply> {
    try {
      if (await settlesWithin(ANSWER, reply)) return await reply;
    } catch (error) {
      throw redisProblem(error, this.#name);
    }
    throw new LinkProblem("timed_out", `${this.#name} did not answer in ${ANSWER} ms`);
  }
}

/** Opens a connection. Throws LinkProblem and DeniedProblem. */
export async function openRedis(address: RedisAddress, signal: AbortSignal): Promise<RedisConnection> {
  return connect({ ...address, url: await urlOf(address, signal) }, signal);
}

async function urlOf(address: RedisAddress, signal: AbortSignal): Promise<string> {
  if (address.sentinel) return masterOf(address, signal);
  return address.cluster ? ownerOf(address, connect, signal) : address.url;
}

/** Opens a connection to the very address, whatever sentinels say. */
export async function connect(address: RedisAddress, signal: AbortSignal): Promise<RedisConnection> {
  const name = maskUrl(address.url);
  signal.throwIfAborted();
  const client = clientOf(address);
  const connection = new RedisConnection(client, name);
  const forget = onAbort(signal, () => connection.end());
  try {
    await client.connect();
  } catch (error) {
    connection.end();
    throw redisProblem(error, name);
  } finally {
    forget();
  }
  signal.throwIfAborted();
  return connection;
}

function clientOf({ url, password }: RedisAddress) {
  return redis().createClient({
    url,
    RESP: 2,
    ...(password && { password: password.reveal() }),
    socket: { connectTimeout: CONNECT, reconnectStrategy: false },
    disableOfflineQueue: true,
  });
}

/** What an error of Redis means: a refused login needs a person, everything else may pass. */
function redisProblem(error: unknown, name: string): Problem {
  if (error instanceof LinkProblem || error instanceof DeniedProblem) return error;
  const message = messageOf(error);
  if (/^(?:WRONGPASS|NOAUTH|NOPERM|ERR AUTH|ERR invalid password)/.test(message))
    return new DeniedProblem("credentials_refused", `${name}: ${message}`);
  if (/^(?:LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|MOVED|ASK|OOM|BUSY|TRYAGAIN|MISCONF)/.test(message))
    return new LinkProblem("server_failed", `${name}: ${message}`);
  if (/^(?:ERR|WRONGTYPE|EXECABORT|NOSCRIPT)/.test(message))
    return new LinkProblem("answer_unexpected", `${name}: ${message}`);
  return new LinkProblem("connect_failed", `${name} failed: ${errnoOf(error) ?? message}`, { cause: error });
}
