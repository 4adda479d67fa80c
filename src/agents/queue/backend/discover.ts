import { sleep } from "../../../core/life.ts";
import { messageOf, Problem } from "../../../core/problems.ts";
import { type SrvRecord, srvRecords } from "../../../wire/dns.ts";
import type { HttpConfig } from "../config/backend.ts";
import { Hosts } from "./hosts.ts";
import type { Surroundings } from "./surroundings.ts";

export type DiscoverConfig = NonNullable<HttpConfig["discover"]>;

/** Asks for the SRV records of a name. Throws LinkProblem. */
export type Resolve = (name: string, signal: AbortSignal) => Promise<readonly SrvRecord[]>;

/**
 * Hosts by the SRV records of a name, asked before the first event and then again and again. Where asking fails, the
 * last list stays. Source: krakend-async §5.4.
 */
export function discover(
  name: string,
  { scheme, every }: DiscoverConfig,
  around: Pick<Surroundings, "log" | "prepares" | "owns">,
  resolve: Resolve = srvRecords,
): Hosts {
  const hosts = new Hosts();
  const life = new AbortController();
  const refresh = async (signal: AbortSignal) => {
    try {
      const records = await resolve(name, signal);
      if (!signal.aborted) hosts.replace(shuffled(weighted(records, scheme)));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (!signal.aborted)
        around.log.warn({ name, reason: messageOf(error) }, "hosts could not be asked for");
    }
  };
  const repeat = async () => {
    for (;;) {
      await sleep(every, life.signal);
      if (life.signal.aborted) return;
      await refresh(life.signal);
    }
  };
  let repeating: Promise<void> = Promise.resolve();
  around.prepares(async (signal) => {
    await refresh(signal);
    repeating = repeat();
  });
  around.owns({
    close() {
      life.abort(new Error("closed"));
      return repeating;
    },
  });
  return hosts;
}

/**
 * The URLs of the records with the lowest priority, each as often as it weighs; without weight, not at all. Weights are
 * made smaller where they add up to more than a hundred, and by what divides them all.
 * Source: krakend-async §5.4.
 */
export function weighted(records: readonly SrvRecord[], scheme: string): string[] {
  const lowest = Math.min(...records.map(({ priority }) => priority));
  const chosen = records.filter(({ priority }) => priority === lowest);
  const weights = scaled(chosen.map(({ weight }) => weight));
  return chosen.flatMap(({ name, port }, i) => {
    const url = `${scheme}://${name}:${port}`;
    return Array.from({ length: weights[i]! }, () => url);
  });
}

function scaled(weights: readonly number[]): number[] {
  const sum = weights.reduce((all, weight) => all + weight, 0);
  const most = Math.max(100, weights.length);
  const small = sum > most ? weights.map((weight) => Math.floor((weight * most) / sum)) : weights;
  const divisor = Math.max(1, small.reduce(greatestCommon, 0));
  return small.map((weight) => weight / divisor);
}

function greatestCommon(a: number, b: number): number {
  return b === 0 ? a : greatestCommon(b, a % b);
}

/** A long list in random order, so that a host's turns do not come in a row. */
function shuffled(list: string[]): string[] {
  if (list.length <= 100) return list;
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [list[i], list[j]] = [list[j]!, list[i]!];
  }
  return list;
}
