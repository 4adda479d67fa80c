import { existsSync, readFileSync } from "node:fs";
import { stringify } from "yaml";
import { parse } from "../config/document.ts";
import type { Env } from "../config/expand.ts";
import { type Config, loadConfig, readSources, refusal } from "../config/load.ts";
import { hint } from "../config/suggest.ts";
import type { Adapted, Adapter, AgentKind } from "../core/agent.ts";
import { ConfigProblem, messageOf } from "../core/problems.ts";

/** Where the configuration is looked for when nothing names one. */
export const places = ["outrider.yaml", "outrider.yml", "outrider.json", "/etc/outrider"] as const;

/** How a configuration was found, and how to read it again. */
export interface Found {
  /** In a few words, for the log. */
  readonly what: string;
  /** Throws ConfigProblem. */
  readonly load: () => Config;
  /** A process title that scripts of the peer look for. */
  readonly title?: string | undefined;
  readonly notes: Adapted["notes"];
}

export interface Wanted {
  /** A file or folder. */
  readonly config?: string | undefined;
  /** The peer whose configuration it is. */
  readonly from?: string | undefined;
  readonly env: Env;
  readonly kinds: readonly AgentKind[];
}

/** Finds the configuration: the one that is named, a file in the usual places, or a peer's variables in the environment. */
export function findConfiguration(wanted: Wanted): Found {
  const { env, kinds } = wanted;
  if (wanted.from !== undefined) return adaptedBy(adapterOf(kinds, wanted.from), wanted);
  const path = wanted.config ?? env["OUTRIDER_CONFIG"] ?? places.find((place) => existsSync(place));
  if (path !== undefined) {
    return { what: path, load: () => loadConfig(readSources(path), kinds, env), notes: [] };
  }
  const adapter = adaptersOf(kinds).find((each) => each.detect?.(env));
  if (adapter) return adaptedBy(adapter, wanted);
  const remedy = `write ${places[0]}, name one with --config, or try \`outrider demo\``;
  throw new ConfigProblem("config_unreadable", `there is no configuration: ${remedy}`, { remedy });
}

export function adaptersOf(kinds: readonly AgentKind[]): readonly Adapter[] {
  return kinds.flatMap(({ adapters = [] }) => adapters);
}

export function adapterOf(kinds: readonly AgentKind[], name: string): Adapter {
  const adapters = adaptersOf(kinds);
  const adapter = adapters.find((each) => each.name === name);
  if (adapter) return adapter;
  const known = adapters.map((each) => each.name);
  throw new ConfigProblem("config_invalid", `there is no adapter "${name}"${hint(name, known)}`);
}

/** What an adapter makes of a file and the environment. Throws ConfigProblem. */
export function adaptFrom(adapter: Adapter, file: string | undefined, env: Env): Adapted {
  if (file === undefined) return adapter.adapt({ env });
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new ConfigProblem("config_unreadable", `cannot read ${file}: ${messageOf(error)}`);
  }
  // What looks like a reference in a peer's file is something of the peer's, such as a group in a Traefik regex.
  const { data, mistakes } = parse(text, file, undefined);
  if (mistakes.length > 0) throw refusal(mistakes);
  return adapter.adapt({ document: data, env });
}

/** Our YAML for what an adapter made; references in it are texts, not to be filled in again. */
export function yamlOf({ agents }: Adapted): string {
  return stringify({ agents }, { lineWidth: 0 }).replaceAll("${", "$${");
}

function adaptedBy(adapter: Adapter, { config, env, kinds }: Wanted): Found {
  const { title, notes } = adaptFrom(adapter, config, env);
  return {
    what: config === undefined ? adapter.summary : `${config} (${adapter.name})`,
    title,
    notes,
    load: () => {
      const adapted = adaptFrom(adapter, config, env);
      // Whoever ran the peer did not ask for one more open port.
      const text = `admin: false\n${yamlOf(adapted)}`;
      return loadConfig([{ file: `adapted from ${config ?? adapter.name}`, text }], kinds, env);
    },
  };
}
