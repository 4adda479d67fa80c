import { ConfigProblem, RejectedProblem } from "../../core/problems.ts";
import { compile, reasonOf } from "./backend/cel/expression.ts";
import { environment } from "./backend/cel/library.ts";
import { celEvent } from "./backend/cel/values.ts";
import type { Event } from "./event.ts";

const within = environment({ event: "map<string, dyn>", now: "string" });

/**
 * Compiles an expression in CEL over `event` (`body` if it is JSON, `headers`, `routing_key`, `exchange`,
 * `redelivered`, `properties`) and `now` (RFC 3339). False means that the event is dropped as done. Throws a
 * ConfigProblem for what is no such expression; the function it returns throws a RejectedProblem for an event on which
 * it cannot be evaluated, or gives no boolean.
 * Source: krakend-async §11.5.
 */
export function filter(text: string): (event: Event) => boolean {
  const expression = compile(within, text);
  if ("fault" in expression) throw unusable(expression.reason);
  const { type } = expression;
  if (type !== "bool" && type !== "dyn") throw unusable(`it gives ${type}, not true or false`);
  return (event) => {
    try {
      const result = expression.evaluate({ event: celEvent(event, [text]), now: new Date().toISOString() });
      if (typeof result === "boolean") return result;
    } catch (cause) {
      throw new RejectedProblem("item_refused", `the filter cannot be evaluated: ${reasonOf(cause)}`, {
        cause,
      });
    }
    throw new RejectedProblem("item_refused", "the filter gives neither true nor false");
  };
}

function unusable(reason: string): ConfigProblem {
  const message = `the filter cannot be used: ${reason}`;
  return new ConfigProblem("config_invalid", message, { mistakes: [{ at: "filter", message }] });
}
