import { hostname } from "node:os";
import type { Config, FileConfig, FlectoConfig } from "./config.ts";

/** Where one project's rules come from, with everything that was left to the agent filled in. */
export type Origin = { readonly flecto: FlectoConfig & { agent: string } } | { readonly file: FileConfig };

export interface ProjectConfig {
  /** Hosts, without port, whose requests are for this project. */
  readonly hosts: readonly string[];
  /** Whether it also has every host that is nobody's. */
  readonly everyHost: boolean;
  readonly origin: Origin;
}

/**
 * The projects of a configuration. As in the peer, hosts with the same Manager, namespace and project share one, and
 * where it is named first tells how it is asked; of a host that is given twice, the last project has it.
 */
export function projectsOf({ from: root, projects }: Config): ProjectConfig[] {
  const origins = new Map<string, Origin>();
  const noted = (origin: Origin) => {
    const key = keyOf(origin);
    if (!origins.has(key)) origins.set(key, origin);
    return key;
  };
  const everyHost = root && noted(originOf(root, undefined));
  const byHost = new Map<string, string>();
  for (const { hosts, from } of projects) {
    const key = noted(originOf(from, root));
    for (const host of hosts) byHost.set(host, key);
  }
  return [...origins].map(([key, origin]) => ({
    hosts: [...byHost].flatMap(([host, own]) => (own === key ? [host] : [])),
    everyHost: key === everyHost,
    origin,
  }));
}

type Root = Config["from"];
type Own = NonNullable<Root> | Config["projects"][number]["from"];

/** What an entry does not say itself is taken from the root. */
function originOf({ file, flecto }: Own, root: Root): Origin {
  if (file) return { file };
  const merged = { ...root?.flecto, ...given(flecto ?? {}) } as FlectoConfig;
  return { flecto: { ...DEFAULTS, ...merged, agent: merged.agent ?? ownName() } };
}

/** For entries without a root to take from. */
const DEFAULTS = {
  header: "Authorization",
  every: 300_000,
  type: "default",
  sync: "healing",
  timeout: 30_000,
} as const;

function keyOf(origin: Origin): string {
  if ("file" in origin) return `${origin.file.format} ${origin.file.path}`;
  const { url, namespace, project } = origin.flecto;
  return `${url}|${namespace}|${project}`;
}

/** A name that a Manager takes: dots of a host name become dashes. */
function ownName(): string {
  return hostname().replace(/[^A-Za-z0-9_-]/g, "-") || "outrider";
}

function given(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
