import { type JsonSchema, jsonSchema, within } from "../../config/json-schema.ts";
import type { AgentConfig } from "../../config/load.ts";
import { agentSchema } from "../../config/root.ts";
import type { AgentKind } from "../../core/agent.ts";
import { MASK, maskUrl, presentable, Secret } from "../../core/secret.ts";

const schemas = new WeakMap<AgentKind, JsonSchema>();

/** The JSON Schema of an agent of this kind, as a person writes it. */
export function schemaOf(kind: AgentKind): JsonSchema {
  const known = schemas.get(kind) ?? jsonSchema(agentSchema(kind));
  schemas.set(kind, known);
  return known;
}

/**
 * A configuration as it was written, with every secret masked: what the schema calls one, passwords and keys in URLs,
 * and whatever is masked in the configuration that was read, wherever it stood.
 */
export function maskedGiven({ kind, given, config }: AgentConfig): unknown {
  const called = new Set<string>();
  const marked = mapped([schemaOf(kind)], given, (text, secret) => {
    if (!secret) return text;
    called.add(text);
    return MASK;
  });
  const others = new Set([...hidden(config, presentable(config))].filter((text) => !called.has(text)));
  return mapped([], marked, (text) => (others.has(text) ? MASK : maskUrl(text)));
}

/** A copy in which every text was replaced; `secret` says whether the schema calls it one. */
function mapped(
  schema: readonly JsonSchema[],
  value: unknown,
  replace: (text: string, secret: boolean) => string,
): unknown {
  if (typeof value === "string")
    return replace(
      value,
      schema.some(({ title }) => title === "secret"),
    );
  if (value === null || typeof value !== "object") return value;
  const inner = (step: string | number, each: unknown) =>
    mapped(
      schema.flatMap((one) => within(one, step, value)),
      each,
      replace,
    );
  if (Array.isArray(value)) return value.map((each, index) => inner(index, each));
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, inner(key, each)]));
}

/** Every text of a configuration, in clear, that is masked when it is shown. Never show it. */
function* hidden(value: unknown, shown: unknown): Generator<string> {
  if (value instanceof Secret) yield value.reveal();
  else if (typeof value === "string") {
    if (shown === MASK) yield value;
  } else if (value !== null && typeof value === "object") {
    for (const [key, inner] of Object.entries(value)) {
      yield* hidden(inner, shown === MASK ? MASK : (shown as Record<string, unknown> | undefined)?.[key]);
    }
  }
}
