import { readdirSync } from "node:fs";
import { flectoOf } from "./managed-shop.ts";
import type { StandInManager } from "./manager.ts";
import { type OutriderOptions, type OutriderProcess, startOutrider } from "./outrider.ts";
import type { Tidy } from "./tidy.ts";
import { until } from "./until.ts";

/** A process with one redirects agent, `shop`, that has the rules of a Manager. It need not be ready yet. */
export function startManagedProcess(
  tidy: Tidy,
  manager: StandInManager,
  options: Omit<OutriderOptions, "config"> = {},
): Promise<OutriderProcess> {
  const from = { flecto: { ...flectoOf(manager), timeout: "1s" } };
  const shop = { kind: "redirects", listen: "127.0.0.1:0", from };
  return startOutrider(tidy, { ...options, config: { admin: { listen: "127.0.0.1:0" }, agents: { shop } } });
}

/** Where an agent serves, once it does. */
export async function servingPort(outrider: OutriderProcess, agent = "shop"): Promise<number> {
  const line = await outrider.line((each) => each.msg === "serving redirects" && each["agent"] === agent);
  return Number(String(line["address"]).split(":").at(-1));
}

/** Resolves when rules are on disk. */
export async function saved(stateDir: string): Promise<void> {
  const isThere = () =>
    readdirSync(stateDir, { recursive: true }).some((name) => String(name).endsWith(".snap"));
  await until("a snapshot", isThere);
}
