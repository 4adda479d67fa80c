import type { HealthReport, PartReport } from "../../src/core/health.ts";
import { type ManagerState, StandInManager } from "./manager.ts";
import { type Shop, type ShopConfig, type ShopOptions, startShop } from "./shop.ts";
import type { Tidy } from "./tidy.ts";
import { until } from "./until.ts";

/** A stand-in for a Manager that is stopped in the end. */
export async function startManager(tidy: Tidy, state: Partial<ManagerState> = {}): Promise<StandInManager> {
  const manager = await StandInManager.start(state);
  tidy.later(() => manager.stop());
  return manager;
}

type Flecto = NonNullable<NonNullable<ShopConfig["from"]>["flecto"]>;

/** The configuration for a project `prj` of namespace `ns`, which is polled once an hour and by `refresh`. */
export function flectoOf(manager: StandInManager, given: Partial<Flecto> = {}): Flecto {
  const url = manager.url;
  return {
    url,
    namespace: "ns",
    project: "prj",
    token: "flecto_abc",
    agent: "edge-1",
    every: "1h",
    ...given,
  };
}

/** An agent with the rules of a Manager. It need not be ready yet. */
export function startManaged(
  tidy: Tidy,
  manager: StandInManager,
  flecto: Partial<Flecto> = {},
  options: ShopOptions & { readonly config?: ShopConfig } = {},
): Promise<Shop> {
  const { config, ...rest } = options;
  const given = { from: { flecto: flectoOf(manager, flecto) }, ...config };
  return startShop(tidy, given, { timeout: 0, listen: false, ...rest });
}

/** The version that is served, as it tells of itself. */
export function versionOf({ agent }: Shop): string | null {
  return (agent.inspect() as { projects: { version: string | null }[] }).projects[0]?.version ?? null;
}

export function partOf({ agent }: Shop, name: string): PartReport | undefined {
  return (agent.health() as HealthReport).parts.find((part) => part.name === name);
}

/** Resolves when a part of health is in a state; with a text, when its problem holds it. */
export function partIs(shop: Shop, name: string, state: PartReport["state"], text = ""): Promise<PartReport> {
  return until(`${name} is ${state} ${text}`, () => {
    const part = partOf(shop, name);
    return part?.state === state && (part.problem?.message ?? "").includes(text) && part;
  });
}

/**
 * Everything that the agent has sent until it waits for its next look. It is made to look once more, as what comes
 * before that is complete then; that last look is not returned.
 */
export async function settled({ agent }: Shop, manager: StandInManager): Promise<StandInManager["seen"]> {
  const isVersion = ({ path }: { path: string }) => path.endsWith("/version");
  const looks = () => manager.seen.filter(isVersion).length;
  const before = looks();
  agent.refresh();
  await until("the next look", () => looks() > before);
  return manager.seen.slice(0, manager.seen.findLastIndex(isVersion));
}
