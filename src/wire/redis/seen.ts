import { randomUUID } from "node:crypto";
import { settlesWithin } from "../../core/life.ts";
import { DeniedProblem, LinkProblem, messageOf, Problem } from "../../core/problems.ts";
import { maskUrl } from "../../core/secret.ts";
import { redis } from "./library.ts";

export interface RedisSeenOptions {
  /** `redis://` or `rediss://`, with user, password and database. */
  readonly url: string;
  /** Before each key. */
  readonly prefix: string;
  /** How long a confirmed key is remembered, in milliseconds. */
  readonly ttl: number;
  /** How long a claim stands that is neither confirmed nor forgotten, in milliseconds. */
  readonly hold: number;
}

type Client = ReturnType<ReturnType<typeof redis>["createClient"]>;
type Words = readonly string[];

const DONE = "done";
/** How long connecting, and an answer, may take, in milliseconds. */
const PATIENCE = 5_000;

/**
 * Keys that several processes remember together. A claim of another process is no proof: that process may have died.
 * So whoever meets one is told to try again, until it is confirmed, forgotten, or has run out.
 */
export class RedisSeen {
  readonly #options: RedisSeenOptions;
  readonly #mine = randomUUID();
  readonly #name: string;
  /** What is being delivered right now. */
  readonly #held = new Set<string>();
  #client: Promise<Client> | undefined;

  constructor(options: RedisSeenOptions) {
    this.#options = options;
    this.#name = maskUrl(options.url);
  }

  /** @returns false when the key is confirmed. Throws LinkProblem, also where it is claimed, and DeniedProblem */
  async claim(key: string): Promise<boolean> {
    this.#mustBeFree(key);
    const name = this.#options.prefix + key;
    const words = ["SET", name, this.#mine, "NX", "PX", String(this.#options.hold)];
    const there = (await this.#send(words)) === null ? await this.#send(["GET", name]) : this.#mine;
    if (there === DONE) return false;
    // Another may have been a moment earlier.
    this.#mustBeFree(key);
    // A claim of ours that we do not hold is one that could not be taken back.
    if (there !== this.#mine) {
      throw new LinkProblem("server_failed", `another process is delivering the event "${key}"`);
    }
    this.#held.add(key);
    return true;
  }

  async confirm(key: string): Promise<void> {
    this.#held.delete(key);
    await this.#send(["SET", this.#options.prefix + key, DONE, "PX", String(this.#options.ttl)]);
  }

  async forget(key: string): Promise<void> {
    this.#held.delete(key);
    await this.#send(["DEL", this.#options.prefix + key]);
  }

  async close(): Promise<void> {
    const client = await this.#client?.catch(() => undefined);
    this.#client = undefined;
    client?.destroy();
  }

  /** Who took a copy of what is on its way for a duplicate would have none left when that fails. */
  #mustBeFree(key: string): void {
    if (!this.#held.has(key)) return;
    throw new LinkProblem("server_failed", `a copy of the event "${key}" is being delivered right now`);
  }

  async #send(words: Words): Promise<unknown> {
    try {
      this.#client ??= this.#opened();
      const client = await this.#client;
      return await this.#inTime(client.sendCommand([...words]));
    } catch (error) {
      throw this.#problem(error);
    }
  }

  /** A connection that breaks is let go; the next command opens another. */
  async #opened(): Promise<Client> {
    const client: Client = redis().createClient({
      url: this.#options.url,
      socket: { connectTimeout: PATIENCE, reconnectStrategy: false },
      disableOfflineQueue: true,
    });
    const gone = () => {
      this.#client = undefined;
    };
    client.on("error", gone).on("end", gone);
    try {
      await client.connect();
      return client;
    } catch (error) {
      gone();
      throw error;
    }
  }

  async #inTime(reply: Promise<unknown>): Promise<unknown> {
    if (await settlesWithin(PATIENCE, reply)) return reply;
    throw new LinkProblem("timed_out", `${this.#name} did not answer in ${PATIENCE} ms`);
  }

  #problem(cause: unknown): Problem {
    if (cause instanceof Problem) return cause;
    const message = `${this.#name}: ${messageOf(cause)}`;
    if (/\b(?:WRONGPASS|NOAUTH|NOPERM)\b/.test(message)) {
      return new DeniedProblem("credentials_refused", message, { cause });
    }
    return new LinkProblem("connect_failed", message, { cause });
  }
}
