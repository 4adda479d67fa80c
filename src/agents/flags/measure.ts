import { metrics } from "./metrics.ts";
import type { Relay } from "./relay.ts";
import { environmentsOf } from "./status.ts";

/** Figures that are read when somebody asks. Environments are few, so their names may be labels. */
export function measure(relay: Relay): void {
  const { metrics: read } = relay.host;
  read.read(metrics.environments, () => [{ value: relay.view?.environments.size ?? 0 }]);
  read.read(metrics.version, () => [{ value: relay.view?.version ?? 0 }]);
  read.read(metrics.connections, () => connections(relay));
  read.read(metrics.items, () =>
    environmentsOf(relay).flatMap(({ envId, flags, segments }) => [
      { labels: { environment: envId, item: "flag" }, value: flags },
      { labels: { environment: envId, item: "segment" }, value: segments },
    ]),
  );
}

function connections({ hub }: Relay) {
  const counts = new Map<string, number>();
  for (const { type, secret } of hub.connections) {
    if (secret) counts.set(`${type} ${secret.envId}`, (counts.get(`${type} ${secret.envId}`) ?? 0) + 1);
  }
  return [...counts].map(([key, value]) => {
    const [type = "", environment = ""] = key.split(" ");
    return { labels: { type, environment }, value };
  });
}
