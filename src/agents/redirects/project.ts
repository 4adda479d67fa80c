import type { Host } from "../../core/agent.ts";
import { backoff } from "../../core/backoff.ts";
import { type Life, together } from "../../core/life.ts";
import type { Snapshot } from "../../core/replica.ts";
import { FileFeed } from "../../wire/file.ts";
import { nowhere } from "../../wire/snapshot.ts";
import type { Config, FileConfig, ProjectConfig } from "./config.ts";
import type { Layer } from "./layer.ts";
import { ManagerFeed } from "./manager.ts";
import { ManagerApi } from "./manager-api.ts";
import { type Rules, rulesCodec } from "./rules.ts";
import { readRules } from "./rules-file.ts";
import { type RulesSource, type Shared, Source } from "./source.ts";

/** One project: where its rules come from, and the layers that are made of them. */
export class Project {
  readonly hosts: readonly string[] | undefined;
  /** Where its rules come from, in a few words. */
  readonly origin: string;
  readonly manager: ManagerFeed | undefined;
  readonly #main: RulesSource;
  readonly #extra: RulesSource | undefined;
  readonly #api: ManagerApi | undefined;

  constructor(project: ProjectConfig, config: Config, host: Host) {
    this.hosts = project.hosts;
    const { origin } = project;
    const shared = { host, config, name: project.hosts?.join(",") };
    if ("flecto" in origin) {
      const { flecto } = origin;
      this.origin = `${flecto.url}|${flecto.namespace}|${flecto.project}`;
      this.#api = new ManagerApi(flecto, flecto.timeout);
      this.manager = managerFeed(flecto, this.#api, host);
      this.#main = managerSource(this.manager, flecto, host.snapshot(this.origin, rulesCodec), shared);
    } else {
      this.origin = origin.file.path;
      this.#main = fileSource(origin.file, shared);
    }
    this.#extra =
      config.extra &&
      fileSource(config.extra, { ...shared, name: [shared.name, "extra"].filter(Boolean).join(" ") });
  }

  /** The rules of the origin; undefined before the first load. */
  get main(): Layer | undefined {
    return this.#main.layer;
  }

  /** The local rules that come first, where there are any. */
  get extra(): Layer | undefined {
    return this.#extra?.layer;
  }

  /** Both, in the order in which they are asked. */
  get layers(): readonly Layer[] {
    return [this.extra, this.main].filter((layer) => layer !== undefined);
  }

  /** The version that is served; undefined before the first load. */
  get version(): string | undefined {
    return this.#main.version;
  }

  /** Resolves when the first rules of the origin are ready. */
  get known(): Promise<void> {
    return this.#main.known;
  }

  /** When the origin last gave a sign of life, in milliseconds since 1970. */
  get seen(): number | undefined {
    return this.#main.seen;
  }

  async run(life: Life): Promise<void> {
    const sources = [this.#main, this.#extra].filter((source) => source !== undefined);
    try {
      await together(life, ...sources.map((source) => (inner: Life) => source.run(inner)));
    } finally {
      await this.#api?.close();
    }
  }

  async probe(signal: AbortSignal): Promise<void> {
    await this.#main.probe(signal);
    await this.#extra?.probe(signal);
    await this.#api?.close();
  }
}

type Flecto = Extract<ProjectConfig["origin"], { flecto: unknown }>["flecto"];

function managerFeed(flecto: Flecto, api: ManagerApi, { health }: Host): ManagerFeed {
  const { agent: name, type, every, sync, page_size } = flecto;
  const pageSize = page_size ?? (sync === "peer" ? 100 : 20_000);
  return new ManagerFeed({ api, name, type, every, sync, pageSize, reporting: health.part("report") });
}

function managerSource(
  feed: ManagerFeed,
  { sync, every }: Flecto,
  snapshot: Snapshot<Rules>,
  shared: Shared,
): RulesSource {
  const peer = sync === "peer";
  return new Source({
    ...shared,
    feed,
    // The peer keeps nothing on disk, but whoever asks for its requests does not ask for its forgetting.
    snapshot,
    read: (rules: Rules) => rules,
    onBadRule: peer ? "refuse" : "skip",
    backoff: peer
      ? backoff("constant", { base: every })
      : backoff("exponential-jitter", { base: 1_000, max: every }),
    failed: (error) => feed.failed(error),
  });
}

function fileSource({ path, format }: FileConfig, shared: Shared): RulesSource {
  return new Source({
    ...shared,
    feed: new FileFeed(path),
    snapshot: nowhere,
    read: (text: string) => readRules(text, path, format),
    onBadRule: "refuse",
    backoff: backoff("exponential-jitter", { max: 2_000 }),
    failed: () => {},
  });
}
