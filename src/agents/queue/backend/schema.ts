import { ConfigProblem, messageOf, RejectedProblem } from "../../../core/problems.ts";
import { parsedBody } from "../parsed.ts";
import { type Call, failed, type Layer } from "./call.ts";
import { isObject, type Json, LosslessNumber } from "./json.ts";
import { type Check, compileSchema } from "./schema/compile.ts";
import type { Surroundings } from "./surroundings.ts";

/**
 * Checks the body against a JSON Schema; what does not fit is refused, and no backend is called. A schema that cannot
 * be used is left out with an error line in profile `krakend`; else it throws a ConfigProblem.
 * @returns undefined when it is left out
 * Source: krakend-async §5.11.
 */
export function schema(config: unknown, around: Surroundings): Layer | undefined {
  const check = checkOf(config, around);
  if (!check) return undefined;
  return (next) => (call, signal) => {
    const reason = refusal(call, check);
    if (reason === undefined) return next(call, signal);
    return Promise.resolve(failed(new RejectedProblem("item_refused", reason)));
  };
}

function checkOf(config: unknown, around: Surroundings): Check | undefined {
  try {
    return compileSchema(config);
  } catch (error) {
    const reason = `the schema cannot be used: ${messageOf(error)}`;
    if (!around.profile.lenient) {
      const mistakes = [{ at: "schema", message: reason }];
      throw new ConfigProblem("config_invalid", reason, { cause: error, mistakes });
    }
    around.log.error({ reason }, "the schema is left out, so events are not checked");
    return undefined;
  }
}

function refusal({ body }: Call, check: Check): string | undefined {
  if (body.length === 0) return "could not validate an empty body";
  const json = parsedBody({ body });
  return json === undefined ? "could not validate a body that is no JSON" : check(plain(json));
}

/** Schemas speak of JavaScript's numbers. */
function plain(value: Json): unknown {
  if (value instanceof LosslessNumber) return Number(value.toString());
  if (Array.isArray(value)) return value.map(plain);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}
