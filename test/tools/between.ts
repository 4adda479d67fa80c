import { createConnection, type Socket } from "node:net";
import { serve } from "./ports.ts";
import type { Tidy } from "./tidy.ts";

interface State {
  frozen: boolean;
  refusing: boolean;
}

/** Stands between a client and a server on loopback, and can spoil what is between them. */
export class Between {
  /** Where clients connect to. */
  readonly port: number;
  /** Sees what clients send. */
  heard: (chunk: Buffer) => void = () => {};
  readonly #pairs: Set<readonly [Socket, Socket]>;
  readonly #state: State;

  private constructor(port: number, pairs: Set<readonly [Socket, Socket]>, state: State) {
    this.port = port;
    this.#pairs = pairs;
    this.#state = state;
  }

  static async start(tidy: Tidy, to: number): Promise<Between> {
    const pairs = new Set<readonly [Socket, Socket]>();
    const state: State = { frozen: false, refusing: false };
    const port = await serve(tidy, (client) => {
      if (state.refusing) return void client.resetAndDestroy();
      const server = createConnection({ port: to, host: "127.0.0.1", noDelay: true });
      const pair = [client, server] as const;
      pairs.add(pair);
      client.on("data", (chunk) => {
        between.heard(chunk);
        if (!state.frozen) server.write(chunk);
      });
      server.on("data", (chunk) => state.frozen || client.write(chunk));
      for (const [one, other] of [pair, [server, client]] as const) {
        // Whoever is frozen does not notice that the other side has gone.
        one
          .on("error", () => {})
          .on("close", () => {
            pairs.delete(pair);
            if (!state.frozen || one === client) other.destroy();
          });
        one.on("end", () => void (state.frozen ? one.destroy() : other.end()));
      }
    });
    const between = new Between(port, pairs, state);
    return between;
  }

  /** How many connections there are. */
  get connections(): number {
    return this.#pairs.size;
  }

  /** Lets nothing through any more, in either direction, and closes nothing: a half-open connection. */
  freeze(): void {
    this.#state.frozen = true;
  }

  /** Tells every client something, as if the server had said it. */
  say(words: Buffer): void {
    for (const [client] of this.#pairs) client.write(words);
  }

  thaw(): void {
    this.#state.frozen = false;
  }

  /** Resets every connection, and each new one, until it is told to let them in again. */
  refuse(): void {
    this.#state.refusing = true;
    this.cut();
  }

  admit(): void {
    this.#state.refusing = false;
  }

  /** Resets every connection. */
  cut(): void {
    for (const pair of this.#pairs) for (const socket of pair) socket.resetAndDestroy();
  }
}
