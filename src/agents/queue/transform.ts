import type jsonata from "jsonata";
import { onDemand } from "../../config/on-demand.ts";
import { ConfigProblem, messageOf, RejectedProblem } from "../../core/problems.ts";
import { isObject, type Json, LosslessNumber } from "./backend/json.ts";
import type { Event } from "./event.ts";
import { asJson, parsedBody } from "./parsed.ts";

const library = onDemand<typeof jsonata>("jsonata");

/**
 * What keeps an expression from holding everything up: milliseconds, nested evaluations, items of a result. The
 * library counts while it evaluates, so a single call of a function inside is not cut short.
 */
const limits = { timeout: 1_000, stack: 500, sequence: 1_000_000 };

/**
 * Compiles an expression in JSONata that makes a new body, as JSON. Its input is the body, or its text where it is no
 * JSON; `$headers`, `$routing_key` and `$exchange` are those of the event. Numbers are JavaScript's: beyond 2^53 they
 * are not exact. Throws a ConfigProblem for what is no expression. The function it returns rejects with a
 * RejectedProblem that says where in the expression it failed; to give nothing is to fail as well.
 * Source: krakend-async §11.5.
 */
export function transform(text: string): (event: Event) => Promise<Event> {
  const expression = compiled(text);
  return async (event) => {
    const body = parsedBody(event);
    const json = await evaluated(expression, event, body === undefined ? event.body.toString() : plain(body));
    if (json === undefined) throw new RejectedProblem("item_refused", "the transform gives nothing");
    const { contentEncoding: _, ...properties } = event.properties;
    return {
      ...event,
      body: Buffer.from(json),
      properties: { ...properties, contentType: "application/json" },
    };
  };
}

function compiled(text: string): jsonata.Expression {
  try {
    return library()(text, limits);
  } catch (cause) {
    const message = `the transform cannot be used: ${described(cause)}`;
    const mistakes = [{ at: "transform", message }];
    throw new ConfigProblem("config_invalid", message, { cause, mistakes });
  }
}

/** @returns the result as JSON; undefined if there is none */
async function evaluated(
  expression: jsonata.Expression,
  event: Event,
  input: unknown,
): Promise<string | undefined> {
  try {
    const made: unknown = await expression.evaluate(input, {
      headers: plain(asJson(event.headers)),
      routing_key: event.routingKey,
      exchange: event.exchange,
    });
    // A function is no JSON either.
    return JSON.stringify(made);
  } catch (cause) {
    throw new RejectedProblem("item_refused", `the transform failed: ${described(cause)}`, { cause });
  }
}

/** The library throws plain objects with a code, a message and a position that counts from 1. */
function described(thrown: unknown): string {
  if (typeof thrown !== "object" || thrown === null) return messageOf(thrown);
  const { message, code, position } = thrown as Partial<jsonata.JsonataError>;
  return `${message ?? code ?? "no reason given"}${position === undefined ? "" : ` (at character ${position})`}`;
}

/** A copy in JavaScript's numbers, which expressions may change. */
function plain(value: Json): unknown {
  if (value instanceof LosslessNumber) return Number(value.toString());
  if (Array.isArray(value)) return value.map(plain);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}
