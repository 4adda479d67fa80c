import { sleep } from "../../core/life.ts";
import type { Secret } from "../../core/secret.ts";
import type { WebSocketLine } from "../../wire/websocket-server.ts";
import type { Asking } from "./asking.ts";
import { ChainConnection } from "./chain-connection.ts";
import type { Relay } from "./relay.ts";
import { jsonBody, problem, type Reply, text } from "./reply.ts";

/** The door for other agents: they find here what they find at the FeatBit server, so that relays can hang below relays. */
export class Chain {
  readonly #keys: readonly Secret[];
  readonly #relay: Relay;
  readonly #agents = new Set<ChainConnection>();
  #timer: NodeJS.Timeout | undefined;
  #forget: (() => void) | undefined;

  constructor(relay: Relay, keys: readonly Secret[]) {
    this.#relay = relay;
    this.#keys = keys;
  }

  /**
   * Lets an agent in.
   * @param gone told when it has left
   * @returns false for a key that opens nothing
   */
  welcome(line: WebSocketLine, key: string, gone: () => void): boolean {
    if (!this.#isKnown(key)) return false;
    this.#forget ??= this.#relay.hub.watch(() => this.#changed());
    const agent = new ChainConnection(line, this.#relay, () => {
      this.#agents.delete(agent);
      gone();
    });
    this.#agents.add(agent);
    line.listen(agent);
    return true;
  }

  /** `POST /api/public/agent/register`: whoever has a key may be called as he likes. */
  async register({ key, request }: Asking): Promise<Reply> {
    if (!this.#isKnown(key)) return problem(401, "the key is not known here");
    const name = await jsonBody(request, 10_000);
    return typeof name === "string" && name !== "" ? text(name) : problem(400, "the body is no name");
  }

  /** Sends the agents away; they come back by themselves. */
  async end(kill: AbortSignal): Promise<void> {
    clearTimeout(this.#timer);
    this.#forget?.();
    for (const agent of this.#agents) agent.end();
    const patience = performance.now() + GOODBYE;
    while (this.#agents.size > 0 && performance.now() < patience && !kill.aborted) await sleep(10, kill);
    for (const agent of this.#agents) agent.cut();
  }

  #isKnown(key: string): boolean {
    return this.#keys.some((known) => known.is(key));
  }

  /** What changes in one go is told in one go. */
  #changed(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      for (const agent of this.#agents) agent.tell();
    }, GATHER);
  }
}

/** How long agents may take to answer a goodbye, in milliseconds. */
const GOODBYE = 1_000;
/** Changes within so many milliseconds are told together. */
const GATHER = 10;
