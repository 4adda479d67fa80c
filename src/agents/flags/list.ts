import type { Environment, Flag } from "./model.ts";
import type { Relay } from "./relay.ts";

/** A flag as it stands in a list. */
export interface ListedFlag {
  /** `project:environment`, or the environment's id where that is not known. */
  readonly environment: string;
  readonly key: string;
  readonly name?: string;
  readonly type: string;
  readonly enabled: boolean;
  readonly archived: boolean;
  /** The values that it may serve. */
  readonly variations: readonly string[];
  /** How many users are named in it. */
  readonly targeted: number;
  readonly rules: number;
  /** When it was changed, ISO 8601. */
  readonly updated: string;
}

/** So much of a value is shown, in characters: a JSON value may be long. */
const MOST_SHOWN = 80;

/** The flags whose key or name holds a text, the newest changes first, and how many there are. */
export function listFlags(
  relay: Relay,
  { search = "", most }: { search?: string | undefined; most: number },
) {
  const word = search.toLowerCase();
  const all = (relay.view?.data.environments ?? []).flatMap((environment) =>
    environment.featureFlags.filter((flag) => fits(flag, word)).map((flag) => ({ environment, flag })),
  );
  all.sort((a, b) => (a.flag.updatedAt < b.flag.updatedAt ? 1 : -1));
  return {
    found: all.length,
    flags: all.slice(0, most).map(({ environment, flag }) => listed(environment, flag)),
  };
}

function fits({ key, name }: Flag, word: string): boolean {
  return (
    key.toLowerCase().includes(word) ||
    String(name ?? "")
      .toLowerCase()
      .includes(word)
  );
}

function listed({ secrets: [first], envId }: Environment, flag: Flag): ListedFlag {
  const { key, name, variationType, variations = [], targetUsers = [], rules = [] } = flag;
  return {
    environment: first ? `${first.projectKey}:${first.envKey}` : envId,
    key,
    ...(typeof name === "string" && { name }),
    type: variationType ?? "string",
    enabled: flag.isEnabled === true,
    archived: flag.isArchived === true,
    variations: variations.map(({ value }) => value.slice(0, MOST_SHOWN)),
    targeted: targetUsers.reduce((sum, { keyIds = [] }) => sum + keyIds.length, 0),
    rules: rules.length,
    updated: flag.updatedAt,
  };
}
