import type { Host } from "../../core/agent.ts";
import { backoff } from "../../core/backoff.ts";
import type { Part } from "../../core/health.ts";
import { type Life, together } from "../../core/life.ts";
import type { Told } from "../../core/pace.ts";
import type { ProbeStep } from "../../core/probe.ts";
import type { Snapshot } from "../../core/replica.ts";
import { maskUrl } from "../../core/secret.ts";
import { FileFeed } from "../../wire/file.ts";
import { nowhere } from "../../wire/snapshot.ts";
import type { Config, FileConfig } from "./config.ts";
import type { Layer } from "./layer.ts";
import { ManagerFeed } from "./manager.ts";
import { ManagerApi } from "./manager-api.ts";
import { partly } from "./partly.ts";
import type { ProjectConfig } from "./projects.ts";
import { Registration } from "./registration.ts";
import { type Rules, rulesCodec } from "./rules.ts";
import { readRules } from "./rules-file.ts";
import { type RulesSource, type Shared, Source } from "./source.ts";

/** One project: where its rules come from, and the layers that are made of them. */
export class Project {
  readonly hosts: readonly string[];
  readonly everyHost: boolean;
  /** Where its rules come from, in a few words and without secrets. */
  readonly origin: string;
  readonly manager: ManagerFeed | undefined;
  readonly #name: string | undefined;
  readonly #main: RulesSource;
  readonly #extra: RulesSource | undefined;
  readonly #api: ManagerApi | undefined;

  constructor({ hosts, everyHost, origin }: ProjectConfig, config: Config, host: Host) {
    this.hosts = hosts;
    this.everyHost = everyHost;
    this.origin = originText(origin);
    // Parts of health have the name of the project's first host, but for the one that is there for every host.
    const name = everyHost ? undefined : (hosts[0] ?? this.origin);
    this.#name = name;
    const shared = { host, config, name };
    if ("flecto" in origin) {
      const { flecto } = origin;
      this.#api = new ManagerApi(flecto, flecto.timeout);
      this.manager = managerFeed(flecto, this.#api, host, host.health.part(partName("report", name)));
      this.#main = managerSource(this.manager, flecto, host.snapshot(this.origin, rulesCodec), shared);
    } else this.#main = fileSource(origin.file, shared);
    this.#extra = config.extra && fileSource(config.extra, { ...shared, name: extraName(name) });
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

  async *probe(): AsyncGenerator<ProbeStep> {
    const extra = this.#extra;
    try {
      yield { step: partName("origin", this.#name), attempt: (signal) => this.#main.probe(signal) };
      if (extra)
        yield { step: partName("origin", extraName(this.#name)), attempt: (signal) => extra.probe(signal) };
    } finally {
      await this.#api?.close();
    }
  }
}

type Flecto = Extract<ProjectConfig["origin"], { flecto: unknown }>["flecto"];

function originText(origin: ProjectConfig["origin"]): string {
  if ("file" in origin) return origin.file.path;
  const { url, namespace, project } = origin.flecto;
  return `${maskUrl(url)}|${namespace}|${project}`;
}

function partName(base: string, name: string | undefined): string {
  return name === undefined ? base : `${base}:${name}`;
}

function extraName(name: string | undefined): string {
  return name === undefined ? "extra" : `${name} extra`;
}

function managerFeed(flecto: Flecto, api: ManagerApi, { log }: Host, part: Part): ManagerFeed {
  const { agent: name, type, every, sync, page_size } = flecto;
  const registration = new Registration({ api, name, type, sync, part });
  const pageSize = page_size ?? (sync === "peer" ? 100 : 20_000);
  const told: Told = (read, of) => log.info(partly({ read }, of), "reading rules");
  return new ManagerFeed({ api, registration, every, sync, pageSize, told });
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
    built: (error) => feed.built(error),
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
    built: () => {},
  });
}
