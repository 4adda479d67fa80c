import { compiled } from "./compile.ts";
import type { EnvironmentView } from "./environment-view.ts";
import type { Evaluation } from "./evaluate.ts";
import type { Flag } from "./model.ts";
import { isBlank, textOfValue, type User } from "./user.ts";

/** A user from an OpenFeature context; undefined without a targeting key. */
export function userOfContext(context: Readonly<Record<string, unknown>>): User | undefined {
  const { targetingKey, name, ...rest } = context;
  if (typeof targetingKey !== "string" || isBlank(targetingKey)) return undefined;
  const properties = new Map<string, string>();
  for (const [property, value] of Object.entries(rest)) {
    const text = textOfValue(value);
    if (text !== undefined) properties.set(property, text);
  }
  return { keyId: targetingKey, name: typeof name === "string" ? name : null, properties };
}

/** One flag as OFREP answers it. A rollout that serves nobody's share gives no value: the caller's default counts. */
export function ofrepFlag(view: EnvironmentView, flag: Flag, user: User): object {
  const result = view.evaluate(flag, user);
  const metadata = {
    matchReason: result.reason,
    sendToExperiment: result.sendToExperiment,
    flagVersion: view.effective(flag),
  };
  const base = { key: flag.key, reason: reasonOf(flag, result), metadata };
  if (!result.variationId || result.value === null) return base;
  const value = typed(result.value, flag.variationType ?? "string");
  if (value === undefined)
    return {
      key: flag.key,
      errorCode: "PARSE_ERROR",
      errorDetails: `the value is no ${flag.variationType}`,
    };
  return { ...base, value, variant: result.variationId };
}

function reasonOf(flag: Flag, { by }: Evaluation): string {
  if (by === "disabled" || by === "archived") return "DISABLED";
  if (by === "target" || by === "rule") return "TARGETING_MATCH";
  const shares = compiled(flag).fallthrough.entries.filter(({ range: [from, to] }) => to > from);
  return shares.length > 1 ? "SPLIT" : "STATIC";
}

/** @returns undefined for a text that is not of the type */
function typed(text: string, type: string): unknown {
  switch (type) {
    case "boolean":
      return { true: true, false: false }[text.toLowerCase()];
    case "number":
      return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : undefined;
    case "json":
      try {
        return JSON.parse(text);
      } catch {
        return undefined;
      }
    default:
      return text;
  }
}
