import type { Host } from "../../core/agent.ts";
import type { Delivery } from "../../core/delivery.ts";
import type { Feed } from "../../core/feed.ts";
import { Health } from "../../core/health.ts";
import { type Life, together } from "../../core/life.ts";
import { FileReplay, type ReplayProgress } from "../../wire/replay.ts";
import { type AsideList, listAside } from "../../wire/set-aside.ts";
import type { LineConfig } from "./config.ts";
import { exploded } from "./exploded.ts";
import { type Arrival, eventsOf, messageOfEnvelope } from "./message.ts";
import type { Passage } from "./passage.ts";
import { arrivalsOf, shownAside } from "./rejected.ts";
import { readingOf } from "./sources.ts";
import { Sweep, type SweepOptions, type SweepProgress, type Swept } from "./sweep.ts";

/** Events that lie somewhere and are sent when somebody asks for it: set aside in our file, or left in Redis' lists. */
export class Leftovers {
  readonly #passage: Passage;
  readonly #config: LineConfig;
  readonly #log: Host["log"];
  readonly #replay: FileReplay;
  readonly #sweep: Sweep;

  constructor(passage: Passage, config: LineConfig, host: Host) {
    this.#passage = passage;
    this.#config = config;
    this.#log = host.log;
    this.#replay = new FileReplay({
      file: passage.file,
      snapshot: host.snapshot("replay"),
      pass: (lines, progress, life) => this.#again(lines, progress, life),
    });
    this.#sweep = new Sweep(config, (lists, progress, life) => this.#found(lists, progress, life));
  }

  get progress(): object {
    const swept = this.#sweep.progress;
    return { replay: this.#replay.progress, ...(Object.keys(swept).length > 0 && { sweep: swept }) };
  }

  replay(ids?: readonly string[]): Promise<{ readonly replaying: boolean }> {
    return this.#replay.begin(ids);
  }

  setAside(most: number): Promise<AsideList> {
    return listAside(this.#passage.file, most, shownAside);
  }

  sweep(options: SweepOptions): Promise<Swept> {
    return this.#sweep.begin(options);
  }

  run(life: Life): Promise<void> {
    return together(
      life,
      (inner) => this.#replay.run(inner),
      (inner) => this.#sweep.run(inner),
    );
  }

  #again(lines: Feed<Delivery<string>>, progress: ReplayProgress, life: Life): Promise<void> {
    const read = (text: string) =>
      arrivalsOf(
        text,
        readingOf(this.#config, () => {}),
      );
    const posted = () => progress.delivered++;
    return this.#run(this.#read(lines, read, progress, "a line to replay"), posted, progress, life);
  }

  #found(lists: Feed<Delivery<string>>, progress: SweepProgress, life: Life): Promise<void> {
    const reading = readingOf(this.#config, () => {});
    const read = (text: string) => eventsOf(messageOfEnvelope(text), reading);
    const posted = () => progress.posted++;
    return this.#run(this.#read(lists, read, progress, "an entry of a list"), posted, progress, life);
  }

  #read(
    texts: Feed<Delivery<string>>,
    read: (text: string) => Arrival[],
    progress: { unreadable: number },
    what: string,
  ): Feed<Delivery<Arrival>> {
    return exploded(texts, (text) => {
      const arrivals = read(text);
      if (arrivals.length > 0) return arrivals;
      progress.unreadable++;
      this.#log.warn({ text: text.slice(0, 200) }, `${what} holds no event`);
      return [];
    });
  }

  /** What becomes of what lay somewhere says nothing about the line's own health. */
  #run(
    source: Feed<Delivery<Arrival>>,
    posted: () => void,
    progress: { rejected: number },
    life: Life,
  ): Promise<void> {
    const settled = (outcome: string) => {
      if (outcome === "done") posted();
      else progress.rejected++;
    };
    return this.#passage.from(source, new Health(), settled).run(life);
  }
}
