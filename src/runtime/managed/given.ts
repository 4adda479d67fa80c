import { complaints } from "../../config/complain.ts";
import type { AgentConfig } from "../../config/load.ts";
import { asMap, type Data } from "../../config/merge.ts";
import { type Path, Places } from "../../config/places.ts";
import { agentName, agentSchema } from "../../config/root.ts";
import { hint } from "../../config/suggest.ts";
import type { AgentKind } from "../../core/agent.ts";
import { ConfigProblem, type Mistake } from "../../core/problems.ts";
import { restored } from "./restore.ts";
import { maskedGiven, schemaOf } from "./secrets.ts";

/**
 * What was sent for an agent, with the secrets of the one before put back where they were masked. Throws
 * ConfigProblem, whose mistakes stand at paths such as `from.amqp.url`.
 */
export function givenFor(
  name: string,
  sent: unknown,
  before: AgentConfig | undefined,
  kinds: readonly AgentKind[],
): Data {
  const named = agentName.safeParse(name);
  if (!named.success) throw refused([{ at: "", message: `"${name}": ${named.error.issues[0]?.message}` }]);
  const kind = kindOf(sent, kinds);
  const same = before?.kind === kind ? before : undefined;
  const old = same && { masked: maskedGiven(same), clear: same.given };
  const { value, mistakes } = restored(schemaOf(kind), sent, old);
  const all = [...mistakes, ...mistakesOf(kind, value as Data)];
  if (all.length > 0) throw refused(all);
  return value as Data;
}

function kindOf(sent: unknown, kinds: readonly AgentKind[]): AgentKind {
  const given = asMap(sent)["kind"];
  const kind = kinds.find((each) => each.kind === given);
  if (kind) return kind;
  const known = kinds.map((each) => each.kind);
  const message =
    given === undefined
      ? `is missing, write one of ${known.join(", ")}`
      : `there is no kind "${String(given)}"${hint(String(given), known)}`;
  throw refused([{ at: "kind", message }]);
}

function mistakesOf(kind: AgentKind, data: Data): Mistake[] {
  const parsed = agentSchema(kind).safeParse(data);
  if (parsed.success) return [];
  const about = { data, places: new Paths(), schema: schemaOf(kind) };
  return complaints(parsed.error.issues, about).map(({ at, message }) => ({
    at,
    // The place says it already.
    message: message.startsWith(`${at}: `) ? message.slice(at.length + 2) : message,
  }));
}

/** Where something stands that was never in a file: its path. */
class Paths extends Places {
  override ofValue(path: Path): string {
    return path.join(".");
  }

  override ofKey(path: Path): string {
    return path.join(".");
  }
}

/** Refuses a configuration that came through the API: its mistakes name paths inside of it. */
export function refused(mistakes: readonly Mistake[]): ConfigProblem {
  const lines = mistakes.map(({ at, message }) => (at === "" ? message : `${at}: ${message}`));
  return new ConfigProblem("config_invalid", lines.join("\n"), { mistakes });
}
