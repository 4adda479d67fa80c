import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { ConfigProblem, messageOf, Problem, RejectedProblem } from "../../../core/problems.ts";
import type { ModuleConfig } from "../config/layers.ts";
import { failed, type Layer } from "./call.ts";
import { changedAnswer, changedCall, plainAnswer, plainCall } from "./module/plain.ts";
import { type Exported, ModuleThread } from "./module/worker.ts";
import type { Surroundings } from "./surroundings.ts";

/**
 * A JavaScript module around a call, in place of the peer's plug-ins. It exports one of these or both:
 *
 * ```js
 * export function request(call, options) { return { headers: { ...call.headers, "X-Shop": options.shop } }; }
 * export async function response(answer, options) { return { data: { ...answer.data, seen: true } }; }
 * ```
 *
 * They get copies (`PlainCall`, `PlainAnswer`) and return the fields that change, or nothing. `response` is not asked
 * when the call failed. What they throw, and what takes longer than `timeout`, rejects the event for ever; its message
 * names the file and the function.
 *
 * The module has a thread and at most 256 MiB of its own, so that one that never returns can be ended; several calls
 * may be in it at once while they wait. It is no sandbox: a module may read files and open sockets as the process may.
 * Source: krakend-async §11.9.
 */
export function module(config: ModuleConfig, around: Surroundings): Layer {
  const { path, options, timeout } = config;
  const thread = new ModuleThread(path, pathToFileURL(resolve(path)).href, options, timeout);
  let has: readonly Exported[] = [];
  around.owns(thread);
  around.prepares(async () => {
    has = await thread.load();
    if (has.length > 0) return;
    throw new ConfigProblem("config_invalid", `the module ${path} exports neither request() nor response()`);
  });
  const asked = async <T>(
    name: Exported,
    given: T,
    plain: (from: T) => object,
    taken: Taken<T>,
  ): Promise<T> => {
    if (!has.includes(name)) return given;
    const changed = await thread.call(name, plain(given));
    try {
      return taken(given, changed);
    } catch (error) {
      const message = `${name}() of module ${path} returns nonsense: ${messageOf(error)}`;
      throw new RejectedProblem("item_refused", message, { cause: error });
    }
  };
  return (next) => async (call, signal) => {
    try {
      const answer = await next(await asked("request", call, plainCall, changedCall), signal);
      return answer.problem ? answer : await asked("response", answer, plainAnswer, changedAnswer);
    } catch (error) {
      if (error instanceof Problem) return failed(error);
      throw error;
    }
  };
}

type Taken<T> = (given: T, changed: unknown) => T;
