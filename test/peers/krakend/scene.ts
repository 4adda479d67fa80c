import { krakend } from "../../../src/agents/queue/adapt/index.ts";
import type { Answer } from "../../../src/agents/queue/backend/call.ts";
import { stack } from "../../../src/agents/queue/backend/stack.ts";
import { config } from "../../../src/agents/queue/config/agent.ts";
import { plainEvent } from "../../../src/agents/queue/event.ts";
import { bare } from "../../../src/agents/queue/forward.ts";
import { Within } from "../../../src/core/life.ts";
import { Stage } from "../../tools/stage.ts";
import { type Seen, type StubAnswer, stub } from "../../tools/stubs.ts";
import type { Tidy } from "../../tools/tidy.ts";

const driver = { "async/amqp": { name: "q", host: "amqp://127.0.0.1/", exchange: "e" } };

/** An entry of KrakenD's `async_agent` without its driver. */
export interface Entry {
  readonly extra_config: object;
}

/** Backends called `http://b0.test` and so on, with our names for them instead, and the way back for what we say. */
export class Scene {
  readonly seen: Seen[] = [];
  readonly #addresses = new Map<string, string>();
  readonly #tidy: Tidy;

  constructor(tidy: Tidy) {
    this.#tidy = tidy;
  }

  async open(stubs: Readonly<Record<string, readonly StubAnswer[]>>): Promise<void> {
    for (const [name, answers] of Object.entries(stubs)) {
      this.#addresses.set(`http://${name}.test`, await stub(this.#tidy, name, answers, this.seen));
    }
  }

  /** The pipeline of an agent: gives what it makes of a body. Rejects where the entry is refused. */
  async built(agent: Entry): Promise<(body: string) => Promise<Answer>> {
    const entry = { ...agent, extra_config: { ...driver, ...agent.extra_config } };
    const document = JSON.parse(this.ours(JSON.stringify({ version: 3, async_agent: [entry] })));
    const { agents } = krakend.adapt({ document, env: {} });
    const [ours] = Object.values(agents);
    const { kind: _, ...given } = ours as Record<string, unknown>;
    const parsed = config.parse(given);
    const stage = new Stage(this.#tidy, { profile: "krakend", timeout: parsed.timeout });
    const backend = stack(parsed, stage);
    await stage.prepare();
    return async (body) => {
      this.seen.length = 0;
      const within = new Within(new AbortController().signal, parsed.timeout);
      const answer = await backend(bare(plainEvent(Buffer.from(body, "utf8"))), within.signal);
      within.release();
      return answer;
    };
  }

  ours(text: string): string {
    return this.#swap(text, ([name, address]) => [name, address]);
  }

  theirs(text: string): string {
    return this.#swap(text, ([name, address]) => [address, name]);
  }

  #swap(text: string, order: (entry: [string, string]) => [string, string]): string {
    return [...this.#addresses].map(order).reduce((result, [from, to]) => result.replaceAll(from, to), text);
  }
}
