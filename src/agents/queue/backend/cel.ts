import { RejectedProblem } from "../../../core/problems.ts";
import { type Answer, type Call, failed, type Layer } from "./call.ts";
import { checksOf } from "./cel/checks.ts";
import { type Expression, reasonOf } from "./cel/expression.ts";
import { celEvent, celMap, celValue } from "./cel/values.ts";
import type { Surroundings } from "./surroundings.ts";

type Variables = Readonly<Record<string, unknown>>;

/**
 * Checks in CEL around a call: those of the request before it, those of the answer after it, unless it failed. A check
 * that is false, no boolean or cannot be evaluated refuses the event with `request aborted by evaluator #N`, where N
 * counts the checks of its phase from 0. Compiled once. In profile `krakend` bad checks are left out with a warning;
 * else they throw a ConfigProblem.
 * @returns undefined when nothing is left to check
 * Source: krakend-async §5.12.
 */
export function cel(
  expressions: readonly string[],
  around: Surroundings,
  level: "agent" | "backend",
): Layer | undefined {
  const { before, after } = checksOf(expressions, around, `${level}.cel`);
  if (before.length === 0 && after.length === 0) return undefined;
  const peer = around.profile.lenient;
  const refused = (checks: readonly Expression[], variables: () => Variables) =>
    refusal(checks, variables, (fields) =>
      around.log.debug({ level, ...fields }, "a check refuses an event"),
    );
  return (next) => async (call, signal) => {
    const no = refused(before, () => ofCall(call, peer ? undefined : before));
    if (no) return failed(no);
    const answer = await next(call, signal);
    if (answer.problem) return answer;
    const late = refused(after, () => ({
      ...(peer ? {} : ofCall(call, after)),
      ...ofAnswer(answer, peer),
    }));
    return late ? failed(late) : answer;
  };
}

function refusal(
  checks: readonly Expression[],
  variables: () => Variables,
  tell: (fields: object) => void,
): RejectedProblem | undefined {
  if (checks.length === 0) return undefined;
  const values = { ...variables(), now: new Date().toISOString() };
  for (const [index, check] of checks.entries()) {
    const result = resultOf(check, values);
    if (result === true) continue;
    tell({ expression: check.text, reason: result === false ? "false" : result });
    return new RejectedProblem("item_refused", `request aborted by evaluator #${index}`);
  }
  return undefined;
}

/** @returns what it gave, or why it gave no boolean */
function resultOf(check: Expression, values: Variables): boolean | string {
  try {
    const result = check.evaluate(values);
    return typeof result === "boolean" ? result : "not a boolean";
  } catch (error) {
    return reasonOf(error);
  }
}

/** @param checks those that may ask for the event; undefined where there is none to see */
function ofCall(call: Call, checks: readonly Expression[] | undefined): Variables {
  const texts = checks?.map(({ text }) => text) ?? [];
  return {
    req_method: call.method,
    req_path: call.path,
    req_params: celMap(call.params),
    req_headers: celMap(call.headers),
    req_querystring: celMap(call.query),
    ...(texts.some((text) => text.includes("event")) ? { event: celEvent(call.event, texts) } : {}),
  };
}

function ofAnswer(answer: Answer, peer: boolean): Variables {
  return {
    resp_completed: answer.complete,
    resp_metadata_status: BigInt(answer.status),
    resp_metadata_headers: celMap(answer.headers),
    resp_data: celValue(answer.data ?? {}, peer ? "text" : "number"),
  };
}
