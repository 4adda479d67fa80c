import { type Life, sleep } from "../../core/life.ts";
import type { Log } from "../../core/log.ts";
import { messageOf } from "../../core/problems.ts";
import { maskUrl } from "../../core/secret.ts";
import type { WeightConfig } from "./config-weight.ts";
import { type Input, inputsOf } from "./inputs.ts";
import type { Service } from "./service.ts";
import { WeightEngine } from "./weight.ts";

export interface WeighOptions {
  readonly service: Service;
  readonly config: WeightConfig;
  readonly log: Log;
  /** Called after each round of samples. */
  readonly sampled: () => void;
}

/** Keeps a service's weight in step with what is measured, until told to stop. */
export async function weigh({ service, config, log, sampled }: WeighOptions, life: Life): Promise<void> {
  warnOfZero(service, config, log);
  const engine = new WeightEngine({
    ...config,
    staleAfter: config.stale_after ?? 3 * config.every,
    whenStale: config.when_stale,
  });
  const { inputs, close } = inputsOf(config, life.stop);
  const silent = new Set<string>();
  while (!life.stop.aborted) {
    await Promise.all(inputs.map((input) => sample(input, engine, silent, log)));
    if (life.stop.aborted) break;
    if (engine.publish(performance.now())) service.hear({ weight: engine.published });
    sampled();
    await sleep(config.every, life.stop);
  }
  close();
}

/** Takes one sample. An input that cannot be measured is named once, until it can be again. */
async function sample(input: Input, engine: WeightEngine, silent: Set<string>, log: Log): Promise<void> {
  const { name, gauge, limit } = input;
  try {
    engine.sample(name, (await gauge()) / limit, performance.now());
    silent.delete(name);
  } catch (error) {
    if (!silent.has(name))
      log.warn({ input: name, reason: maskUrl(messageOf(error)) }, "input cannot be measured");
    silent.add(name);
  }
}

/** HAProxy cuts percents off to whole weights: 99 % of the default weight 1 is 0, and takes the server out. */
function warnOfZero(service: Service, { configured, min }: WeightConfig, log: Log): void {
  if (configured === undefined || (min * configured) / 100 >= 1) return;
  const advice = "small percents of this weight come out as 0, configure weight 100 in HAProxy";
  log.warn({ service: service.name, configured, min }, advice);
}
