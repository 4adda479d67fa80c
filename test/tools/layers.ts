import { setMaxListeners } from "node:events";
import type { z } from "zod";
import type { Answer, Backend, Call, Layer } from "../../src/agents/queue/backend/call.ts";
import { Gate } from "../../src/agents/queue/backend/gate.ts";
import type { Closing, Surroundings } from "../../src/agents/queue/backend/surroundings.ts";
import { plainEvent } from "../../src/agents/queue/event.ts";
import { type Profile, profiles } from "../../src/agents/queue/profile.ts";
import { Lifetime } from "../../src/core/life.ts";
import { type Log, silent } from "../../src/core/log.ts";

/** What a layer sees of its agent, and its life: prepare it, use it, end it. */
export class Bench {
  readonly life = new Lifetime();
  readonly logged: { level: string; fields: object; message: string }[] = [];
  readonly around: Surroundings;
  readonly #owned: Closing[] = [];
  readonly #tasks: ((signal: AbortSignal) => Promise<void>)[] = [];

  /** @param timeout of each request, in milliseconds */
  constructor(profile: Profile = profiles.safe, env: Record<string, string> = {}, timeout = 5_000) {
    // In an agent each event has a signal of its own; here they share one.
    setMaxListeners(0, this.life.stop);
    const note = (level: string) => (fields: object, message: string) => {
      this.logged.push({ level, fields, message });
    };
    const log: Log = { ...silent, info: note("info"), warn: note("warn"), error: note("error") };
    this.around = {
      profile,
      timeout,
      log,
      gate: new Gate(),
      readsData: true,
      env,
      owns: (closing) => this.#owned.push(closing),
      prepares: (task) => this.#tasks.push(task),
      triesAgain: () => false,
      called() {},
      message: ({ body }) => ({ body }),
    };
  }

  async prepared(): Promise<void> {
    for (const task of this.#tasks) await task(this.life.stop);
  }

  async close(): Promise<void> {
    for (const one of this.#owned) await one.close();
  }
}

/** A call with a JSON body that goes to `http://b0.test/in`. */
export function callOf(given: Partial<Call> = {}): Call {
  const body = Buffer.from('{"msg":"hello"}');
  const base = { method: "POST", path: "/in", url: "http://b0.test/in", query: {}, params: {}, headers: {} };
  return { event: plainEvent(body), ...base, body, ...given };
}

/** A backend that answers the same to all and remembers what it was asked. */
export function stub(given: Partial<Answer> = {}): { backend: Backend; calls: Call[] } {
  const calls: Call[] = [];
  const answer = { data: { ok: true }, complete: true, status: 200, headers: {}, ...given };
  const backend: Backend = async (call) => {
    calls.push(call);
    return answer;
  };
  return { backend, calls };
}

/** A configuration with its defaults. Throws where it is wrong. */
export function configured<T extends z.ZodType>(schema: T, given: z.input<T>): z.output<T> {
  return schema.parse(given);
}

/** One call through one layer. */
export async function through(
  bench: Bench,
  layer: Layer,
  call: Call = callOf(),
  answer: Partial<Answer> = {},
): Promise<{ answer: Answer; calls: Call[] }> {
  const { backend, calls } = stub(answer);
  return { answer: await layer(backend)(call, bench.life.stop), calls };
}
