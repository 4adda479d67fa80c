import type { Secret } from "../../core/secret.ts";
import type { News } from "./dataset.ts";
import { readFlags, readItems, readSegments } from "./dump.ts";
import type { DataSet, Environment, EnvironmentSecret } from "./model.ts";
import { environmentOf } from "./secret-text.ts";
import { makeToken } from "./token.ts";
import { dataVersion, environmentVersion } from "./version.ts";

/** How a server is spoken to over a stream. */
export interface Dialect {
  /** The query of the stream's address, with what lets us in. */
  query(): string;
  /** The question for everything, or for what is newer than what is held. */
  question(held: DataSet, full: boolean): object;
  /** What a `data-sync` message says. Throws RejectedProblem for what cannot be used. */
  read(data: Readonly<Record<string, unknown>>): News;
}

/** The server gives up on longer messages; they are never sent, and everything is asked for instead. */
const LONGEST_QUESTION = 4_000;
/** Changes may be committed out of order, so a little more than what is new is asked for, in milliseconds. */
const OVERLAP = 60_000;

/** As an agent that belongs to a relay proxy (`type=relay-proxy`, servers since 5.1.0). */
export function relayDialect(key: Secret): Dialect {
  return {
    query: () => `type=relay-proxy&token=${encodeURIComponent(key.reveal())}`,
    question: (held, full) => {
      const timestamp = dataVersion(held);
      const envs = held.environments.map((each) => ({ envId: each.envId, timestamp: since(each) }));
      const patch = { timestamp, envs };
      // A time of 0 is the question for everything.
      if (full || timestamp === 0 || JSON.stringify(patch).length > LONGEST_QUESTION) return { timestamp: 0 };
      return patch;
    },
    read: (data) => {
      const { eventType, items } = data;
      if (eventType === "rp_full") return { kind: "full", environments: readItems(items, "$.data.items") };
      if (eventType === "rp_patch") return { kind: "patch", environments: readItems(items, "$.data.items") };
      return { kind: "patch", environments: byEnvironment(data) };
    },
  };
}

export interface EnvironmentSecrets {
  readonly server: Secret;
  readonly client?: Secret | undefined;
  readonly project: string;
  readonly environment: string;
}

/** As a server SDK of one environment, which any version of the server understands. */
export function sdkDialect(secrets: EnvironmentSecrets): Dialect {
  const envId = environmentOf(secrets.server.reveal())!;
  const own = secretsOf(envId, secrets);
  return {
    query: () => `type=server&token=${makeToken(secrets.server.reveal())}`,
    question: (held, full) => {
      const known = held.environments.find((each) => each.envId === envId);
      return { timestamp: full || !known ? 0 : since(known) };
    },
    read: (data) => contents(envId, own, data),
  };
}

/** What the answer to a server SDK says about an environment. */
export function contents(
  envId: string,
  secrets: readonly EnvironmentSecret[],
  data: Readonly<Record<string, unknown>>,
): News {
  const featureFlags = readFlags(data["featureFlags"], "$.data.featureFlags");
  const segments = readSegments(data["segments"], "$.data.segments");
  const kind = data["eventType"] === "full" ? "contents" : "patch";
  return { kind, environments: [{ envId, secrets, featureFlags, segments }] };
}

export function secretsOf(envId: string, given: EnvironmentSecrets): EnvironmentSecret[] {
  const words = { projectKey: given.project, envKey: given.environment, envId };
  const server = { type: "server" as const, ...words, value: given.server.reveal() };
  return given.client ? [server, { type: "client", ...words, value: given.client.reveal() }] : [server];
}

/** A live change: each element says itself where it belongs. */
function byEnvironment(data: Readonly<Record<string, unknown>>): Environment[] {
  const featureFlags = readFlags(data["featureFlags"] ?? [], "$.data.featureFlags");
  const segments = readSegments(data["segments"] ?? [], "$.data.segments");
  const ids = new Set([...featureFlags, ...segments].map(({ envId }) => envId.toLowerCase()));
  return [...ids].map((envId) => ({
    envId,
    secrets: [],
    featureFlags: featureFlags.filter((each) => each.envId.toLowerCase() === envId),
    segments: segments.filter((each) => each.envId.toLowerCase() === envId),
  }));
}

function since(environment: Environment): number {
  return Math.max(1, environmentVersion(environment) - OVERLAP);
}
