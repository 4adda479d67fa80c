import { messageOf, Problem, RejectedProblem } from "../../../core/problems.ts";
import type { AnswerConfig } from "../config/answer.ts";
import { type Answer, type Backend, failed } from "./call.ts";
import { decoder } from "./decode.ts";
import type { Exchange, Incoming } from "./exchange.ts";
import { formatter } from "./format.ts";
import { judge } from "./status.ts";
import type { Surroundings } from "./surroundings.ts";

/** The innermost part of an HTTP backend: sends the call, judges the status, reads the body, cuts the data. */
export function http(
  exchange: Exchange,
  pattern: string,
  config: AnswerConfig,
  around: Surroundings,
): Backend {
  const judged = judge(config, around);
  const read = reader(config, around);
  return async (call, signal) => {
    const { url, headers, body } = call;
    // A script may have set it as it likes.
    const method = call.method.toUpperCase() || "GET";
    let incoming: Incoming;
    try {
      incoming = await exchange({ method, url, headers, body }, signal);
    } catch (error) {
      if (error instanceof Problem) return failed(error);
      throw error;
    }
    if (config.encoding === "no-op") return raw(incoming);
    return judged(incoming, { method, pattern, url }) ?? read(incoming.body);
  };
}

/** Nobody looks at it here; later layers may. */
function raw({ status, headers, body }: Incoming): Answer {
  return { data: {}, complete: true, status, headers, body };
}

const NOTHING: Answer = { data: undefined, complete: true, status: 0, headers: {} };

type Reader = (body: Buffer) => Answer;

function reader(config: AnswerConfig, { profile, readsData }: Surroundings): Reader {
  const decode = decoder(config);
  const fails = config.undecodable === undefined ? profile.decodes : config.undecodable === "fail";
  const format = formatter(config);
  // The peer wraps an answer into its group even when it has dropped it.
  if (!decode) return () => (profile.lenient && format ? { ...NOTHING, data: format(undefined) } : NOTHING);
  // Where nobody reads the data and no body is wrong, reading it would be a waste.
  if (!(fails || readsData)) return () => NOTHING;
  if (isQuick(config) && !readsData) return (body) => (isPlainObject(body) ? NOTHING : slow(body));
  const slow: Reader = (body) => {
    try {
      const data = decode(body);
      return { ...NOTHING, data: format ? format(data) : data };
    } catch (error) {
      return fails ? failed(undecodable(error)) : NOTHING;
    }
  };
  return slow;
}

function isQuick({ encoding, collection }: AnswerConfig): boolean {
  return encoding === "json" && !collection;
}

/** Whether the body is an object in JSON, asked of the engine's own parser, which is several times faster. */
function isPlainObject(body: Buffer): boolean {
  try {
    const value: unknown = JSON.parse(body.toString("utf8"));
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function undecodable(cause: unknown): RejectedProblem {
  return new RejectedProblem("item_refused", `the answer cannot be read: ${messageOf(cause)}`, { cause });
}
