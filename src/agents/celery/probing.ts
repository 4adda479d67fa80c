import type { Delivery } from "../../core/delivery.ts";
import type { Feed } from "../../core/feed.ts";
import { Within } from "../../core/life.ts";
import type { ProbeStep } from "../../core/probe.ts";
import { LinkProblem } from "../../core/problems.ts";
import { amqpGlance, amqpSource, redisChannels } from "./brokers.ts";
import type { LineConfig } from "./config.ts";
import { Counts } from "./counts.ts";
import type { Target } from "./targets.ts";

/** Workers send heartbeats every two seconds; so long is waited for any event, in milliseconds. */
const PATIENCE = 5_000;

const SILENCE =
  "Start a worker, with `-E` or `enable_events: true` for the events of tasks, and see to it that exchange and routing key are Celery's, on Redis also database and prefix.";

/** Workers may be started later. */
const advisory = true;

/** The broker, what is there, whether we may use it, and whether anybody publishes. Nothing is made that stays. */
export async function* sourceSteps(
  name: string,
  config: LineConfig,
  source: Feed<unknown>,
): AsyncGenerator<ProbeStep> {
  const { amqp, redis } = config.from;
  let reached = false;
  const reach = async (signal: AbortSignal) => {
    await source.probe?.(signal);
    reached = true;
  };
  yield { step: "source", attempt: reach };
  // Without the broker each of the others would say the same once more.
  if (!reached) return;
  if (amqp) {
    const queue = amqpSource(name, amqp, config, new Counts());
    yield { step: "source:exchange", attempt: (signal) => queue.rehearse("exchange", signal) };
    yield { step: "source:queue", attempt: (signal) => queue.rehearse("queue", signal) };
    yield { step: "source:events", attempt: (signal) => heard(amqpGlance(amqp), signal), advisory };
  }
  if (redis)
    yield { step: "source:events", attempt: (signal) => heard(redisChannels(redis), signal), advisory };
}

/** Whether Leek is there, and whether it would take our documents. */
export async function* targetSteps({ steps, sink }: Target): AsyncGenerator<ProbeStep> {
  if (!steps) return yield { step: "sink", attempt: (signal) => sink.probe?.(signal) };
  let reached = false;
  const reach = async (signal: AbortSignal) => {
    await steps.reach(signal);
    reached = true;
  };
  yield { step: "sink", attempt: reach };
  if (reached) yield { step: "sink:credentials", attempt: (signal) => steps.enter(signal) };
}

/** Resolves with the first event. */
async function heard(feed: Feed<Delivery<unknown>>, signal: AbortSignal): Promise<void> {
  const within = new Within(signal, PATIENCE);
  try {
    for await (const _ of feed.open({ signal: within.signal, after: undefined, up: () => {} })) return;
  } finally {
    within.end();
  }
  throw new LinkProblem("timed_out", `nobody has published an event for ${PATIENCE} ms`, { remedy: SILENCE });
}
