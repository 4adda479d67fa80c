import type { Adopted } from "./agent.ts";
import type { Fields } from "./fields.ts";
import type { Components } from "./names.ts";
import type { Service } from "./service.ts";

/** The peer's own endpoints, which the first agent serves for all. Source: krakend-async §2.8. */
export function readHealth(
  root: Fields,
  components: Components,
  service: Service,
  agents: ReadonlyMap<string, Adopted>,
): Record<string, unknown> | undefined {
  const router = components.fields("router");
  const debug = root.flag("debug_endpoint");
  const echo = root.flag("echo_endpoint");
  const hidden = router?.flag("disable_health") ?? false;
  if (hidden && !debug && !echo) return undefined;
  if (hidden)
    router?.note(
      "disable_health",
      "the health endpoint comes with `debug_endpoint` and `echo_endpoint` here",
    );
  const path = router?.text("health_path") ?? "";
  return {
    listen: service.listen,
    ...(path !== "" && { path: path.startsWith("/") ? path : `/${path}` }),
    agents: Object.fromEntries([...agents].map(([name, { interval }]) => [name, interval])),
    ...(debug && { debug }),
    ...(echo && { echo }),
  };
}
