import type { Relay } from "./relay.ts";
import { environmentVersion } from "./version.ts";

/** FeatBit's status of an agent (`GET /api/public/proxy/status`, and in `rp-agent-status`). */
export function statusOf(relay: Relay) {
  const { view, state, syncedAt } = relay;
  return {
    serves: view?.serves ?? "",
    dataVersion: view?.version ?? 0,
    syncState: state,
    lastSyncedAt: syncedAt === undefined ? null : new Date(syncedAt).toISOString(),
    reportedAt: new Date().toISOString(),
    stale: relay.stale,
    transport: relay.upstreams.map((each) => each.transport?.()).find((each) => each !== undefined) ?? null,
    connections: relay.hub.connections.size,
  };
}

/** The same, and what else people ask: nothing of it is secret. */
export function fullStatusOf(relay: Relay) {
  const problems = relay.upstreams.flatMap(({ link, contents }) => link.problem ?? contents.problem ?? []);
  return {
    ...statusOf(relay),
    lastError: problems[0]?.message ?? null,
    older: relay.origin.older,
    environments: environmentsOf(relay),
    ...(relay.insights && { events: relay.insights.counts }),
  };
}

/** What is there to be served, environment by environment. */
export function environmentsOf({ view, hub }: Relay) {
  return (view?.data.environments ?? []).map((environment) => ({
    envId: environment.envId,
    projectKey: environment.secrets[0]?.projectKey ?? "",
    envKey: environment.secrets[0]?.envKey ?? "",
    flags: environment.featureFlags.length,
    segments: environment.segments.length,
    version: environmentVersion(environment),
    connections: hub.channel(environment.envId)?.subscribers.size ?? 0,
  }));
}
