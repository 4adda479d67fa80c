import type { Agent, Host } from "../../core/agent.ts";
import { backoff } from "../../core/backoff.ts";
import type { Rejected } from "../../core/delivery.ts";
import type { Life } from "../../core/life.ts";
import { Pipeline } from "../../core/pipeline.ts";
import type { ProbeStep } from "../../core/probe.ts";
import { RejectedProblem } from "../../core/problems.ts";
import { FileSource } from "../../wire/file-source.ts";
import { FileSink, parseLine } from "../../wire/ndjson.ts";
import type { Config } from "./config.ts";
import { metrics } from "./metrics.ts";

type Item = Readonly<Record<string, unknown>>;

/** Carries items from one file to another and writes a label into each. */
export class TemplateAgent implements Agent {
  readonly #source: FileSource;
  readonly #sink: FileSink<Item>;
  readonly #pipeline: Pipeline<string, Item>;
  #label: string;
  #carried = 0;

  constructor({ from, to, batch, rejected, label }: Config, host: Host) {
    this.#label = label;
    // `oneOf` has made sure that there is exactly one driver.
    this.#source = new FileSource({ ...from.file!, snapshot: host.snapshot("from") });
    this.#sink = new FileSink<Item>(to.file!);
    const settled = host.metrics.counter(metrics.rejected);
    this.#pipeline = new Pipeline<string, Item>({
      source: this.#source,
      transform: (line) => this.#labelled(line),
      batch: { items: batch.items, bytes: batch.size, window: batch.window },
      sink: this.#sink,
      rejected: new FileSink<Rejected<string>>({ path: rejected.file.path ?? host.file("rejected.ndjson") }),
      workers: 1,
      retries: Number.POSITIVE_INFINITY,
      health: host.health,
      backoff: backoff("exponential-jitter"),
      settled: (outcome) => {
        if (outcome === "done") this.#carried++;
        else settled.inc();
      },
    });
    host.metrics.read(metrics.carried, () => [{ value: this.#carried }]);
  }

  run(life: Life): Promise<void> {
    return this.#pipeline.run(life);
  }

  /** From now on, items get this label. */
  relabel(label: string): void {
    this.#label = label;
  }

  inspect(): unknown {
    return { label: this.#label, carried: this.#carried, in_flight: this.#pipeline.inFlight };
  }

  *probe(): Generator<ProbeStep> {
    yield { step: "source", attempt: () => this.#source.probe() };
    yield { step: "sink", attempt: () => this.#sink.probe() };
  }

  /** Throwing RejectedProblem sets an item aside; whatever else is thrown is a defect of ours. */
  #labelled(line: string): Item {
    const value = parseLine(line);
    if (value === null || typeof value !== "object" || Array.isArray(value)) {
      throw new RejectedProblem("item_refused", "the item is no object");
    }
    return { ...value, label: this.#label };
  }
}
