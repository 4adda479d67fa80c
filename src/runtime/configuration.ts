import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { parse } from "../config/document.ts";
import type { Env } from "../config/expand.ts";
import { type Config, loadConfig, readSources, refusal } from "../config/load.ts";
import { hint } from "../config/suggest.ts";
import type { Adapted, Adapter, AgentKind, Files } from "../core/agent.ts";
import { ConfigProblem, messageOf } from "../core/problems.ts";
import { defaultStateDir } from "./state-dir.ts";

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
  /** Whether an agent that cannot come up ends the process, as it would have ended the peer. */
  readonly strict?: boolean;
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
  const adapter = peerOf(wanted);
  if (adapter) return adaptedBy(adapter, wanted);
  const path = pathOf(wanted);
  if (path !== undefined) {
    return { what: path, load: () => loadConfig(readSources(path), kinds, env), notes: [] };
  }
  const remedy = `write ${places[0]}, name one with --config, or try \`outrider demo\``;
  throw new ConfigProblem("config_unreadable", `there is no configuration: ${remedy}`, { remedy });
}

/** The peer in whose place we run, if any. Throws ConfigProblem for a name that is none. */
export function peerOf(wanted: Wanted): Adapter | undefined {
  const { from, env, kinds } = wanted;
  if (from !== undefined) return adapterOf(kinds, from);
  return pathOf(wanted) === undefined ? adaptersOf(kinds).find((each) => each.detect?.(env)) : undefined;
}

function pathOf({ config, env }: Wanted): string | undefined {
  return config ?? env["OUTRIDER_CONFIG"] ?? places.find((place) => existsSync(place));
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
  const given = files.read(file);
  const text = adapter.render?.(given, file, env, files) ?? given;
  // What looks like a reference in a peer's file is something of the peer's, such as a group in a Traefik regex.
  const { data, mistakes } = parse(text, file, undefined);
  if (mistakes.length > 0) throw refusal(mistakes);
  return adapter.adapt({ document: data, env });
}

/** The files of this machine, as adapters ask for them. */
const files: Files = {
  read: (path) => onDisk(path, () => readFileSync(path, "utf8")),
  list: (folder) => onDisk(folder, () => readdirSync(folder)),
};

function onDisk<T>(path: string, look: () => T): T {
  try {
    return look();
  } catch (error) {
    throw new ConfigProblem("config_unreadable", `cannot read ${path}: ${messageOf(error)}`);
  }
}

/** Our YAML for what an adapter made; references in it are texts, not to be filled in again. */
export function yamlOf({ agents }: Adapted): string {
  return written({ agents });
}

function adaptedBy(adapter: Adapter, { config, env, kinds }: Wanted): Found {
  const { title, notes } = adaptFrom(adapter, config, env);
  return {
    what: config === undefined ? adapter.summary : `${config} (${adapter.name})`,
    title,
    notes,
    strict: adapter.failsWith !== undefined,
    load: () => {
      const { agents, instance = adapter.name } = adaptFrom(adapter, config, env);
      // Whoever ran the peer did not ask for one more open port, and may run several of it.
      const whole = { admin: false, state: { dir: join(defaultStateDir(env), instance) }, agents };
      return loadConfig(
        [{ file: `adapted from ${config ?? adapter.name}`, text: written(whole) }],
        kinds,
        env,
      );
    },
  };
}

function written(whole: object): string {
  // A function, because in a replacement text `$$` would stand for one `$`.
  return stringify(whole, { lineWidth: 0 }).replaceAll("${", () => "$${");
}
