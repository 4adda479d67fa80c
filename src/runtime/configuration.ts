import { existsSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import type { Env } from "../config/expand.ts";
import { type Config, loadConfig, readSources } from "../config/load.ts";
import type { Adapted, AgentKind } from "../core/agent.ts";
import { ConfigProblem } from "../core/problems.ts";
import { adaptAll, adaptersOf, type Peer, peersOf } from "./adaption.ts";
import { checkPlans } from "./plan.ts";
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
  /** The peers in whose place we run because the environment has their variables. Default: none. */
  readonly found?: readonly string[];
}

export interface Wanted {
  /** A file or folder. */
  readonly config?: string | undefined;
  /** The peer whose configuration it is. */
  readonly from?: string | undefined;
  /** More files of that peer, and more peers with theirs: see `peersOf`. */
  readonly more?: readonly string[] | undefined;
  readonly env: Env;
  readonly kinds: readonly AgentKind[];
}

/** Finds the configuration: the one that is named, a file in the usual places, or peers' variables in the environment. */
export function findConfiguration(wanted: Wanted): Found {
  const { env, kinds } = wanted;
  const peers = peersOfWanted(wanted);
  if (peers.length > 0) return adaptedBy(peers, wanted);
  const path = pathOf(wanted);
  if (path !== undefined) {
    return { what: path, load: () => loadConfig(readSources(path), kinds, env), notes: [] };
  }
  const remedy = `write ${places[0]}, name one with --config, or try \`outrider demo\``;
  throw new ConfigProblem("config_unreadable", `there is no configuration: ${remedy}`, { remedy });
}

/** The status that the peer ends with when it cannot start; undefined unless we run in the place of one alone. */
export function failureOf(wanted: Wanted): number | undefined {
  const [peer, ...others] = peersOfWanted(wanted);
  return others.length === 0 ? peer?.adapter.failsWith : undefined;
}

/** The peers in whose place we run, if any. Throws ConfigProblem for a name that is none. */
function peersOfWanted(wanted: Wanted): readonly Peer[] {
  const { from, config, more = [], env, kinds } = wanted;
  if (from !== undefined) {
    return peersOf(kinds, [from, ...(config === undefined ? [] : [config]), ...more]);
  }
  if (pathOf(wanted) !== undefined) return [];
  return adaptersOf(kinds)
    .filter((each) => each.detect?.(env))
    .map((adapter) => ({ adapter }));
}

function pathOf({ config, env }: Wanted): string | undefined {
  return config ?? env["OUTRIDER_CONFIG"] ?? places.find((place) => existsSync(place));
}

/** Our YAML for what an adapter made; references in it are texts, not to be filled in again. */
export function yamlOf({ agents }: Adapted): string {
  return written({ agents });
}

/**
 * What several peers would clash over, as notes: addresses that more than one of them claims. A single peer's are its
 * own matter, and are refused when it is run.
 */
export function clashesOf({ agents }: Adapted, kinds: readonly AgentKind[]): Adapted["notes"] {
  try {
    checkPlans(loadConfig([{ file: "adapted", text: written({ agents, admin: false }) }], kinds, {}));
    return [];
  } catch (error) {
    if (!(error instanceof ConfigProblem)) throw error;
    // Lines of what is only about to be printed would help nobody; the message names the key.
    return error.mistakes.map(({ message }) => ({
      at: "together",
      message: message.replace(/ at adapted:[\d:]+/, ""),
    }));
  }
}

function adaptedBy(peers: readonly Peer[], { from, env, kinds }: Wanted): Found {
  const { title, notes } = adaptAll(peers, env);
  const what = peers.map(({ adapter, file }) =>
    file === undefined ? adapter.summary : `${file} (${adapter.name})`,
  );
  const alone = peers.length === 1 ? peers[0] : undefined;
  const given = peers.map(({ adapter, file }) => file ?? adapter.name);
  return {
    what: what.join("; "),
    title,
    notes,
    // Of several peers none shall end because another cannot come up.
    strict: alone?.adapter.failsWith !== undefined,
    ...(from === undefined && { found: peers.map(({ adapter }) => adapter.name) }),
    load: () => {
      const { agents, instance = alone?.adapter.name ?? "" } = adaptAll(peers, env);
      // Whoever ran the peer did not ask for one more open port, and may run several of it.
      const listen = env["OUTRIDER_LISTEN_ADMIN"];
      const admin = listen === undefined || listen === "" ? false : { listen };
      const whole = { admin, state: { dir: join(defaultStateDir(env), instance) }, agents };
      return loadConfig([{ file: `adapted from ${given.join(", ")}`, text: written(whole) }], kinds, env);
    },
  };
}

function written(whole: object): string {
  // A function, because in a replacement text `$$` would stand for one `$`.
  return stringify(whole, { lineWidth: 0 }).replaceAll("${", () => "$${");
}
