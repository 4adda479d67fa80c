/** The options of Flecto's Traefik plugin, as far as they can be given; names in lower case. */
export type Options = Readonly<Record<string, unknown>>;

/** A use of the plugin in a document. */
export interface Plugin {
  /** What its middleware is called, made fit for an agent, and unlike that of any other here. */
  readonly name: string;
  /** Its place in the document. */
  readonly at: string;
  readonly options: Options;
}

/** Options that nobody else has. */
const KNOWN_BY = ["manager_url", "host_configs", "project_code"];

/**
 * Every use of the plugin in a document: its options alone, a Traefik dynamic configuration, or a Kubernetes
 * `Middleware`.
 */
export function findPlugins(document: unknown): Plugin[] {
  const names = new Set<string>();
  return search(document, "$", "redirects").map((plugin) => {
    const base = agentName(plugin.name);
    let name = base;
    for (let next = 2; names.has(name); next++) name = `${base}-${next}`;
    names.add(name);
    return { ...plugin, name };
  });
}

/** Traefik's decoder makes texts of numbers and truth values. */
export function text(value: unknown): string {
  return value === undefined || value === null ? "" : String(value);
}

export function truthy(value: unknown): boolean {
  return /^(?:true|t|1)$/i.test(text(value));
}

function search(value: unknown, at: string, name: string): Plugin[] {
  if (Array.isArray(value)) return value.flatMap((item, i) => search(item, `${at}[${i}]`, name));
  if (value === null || typeof value !== "object") return [];
  const options = lowered(value);
  if (KNOWN_BY.some((key) => key in options)) return [{ name, at, options }];
  const { metadata } = options as { metadata?: { name?: unknown } | null };
  const own = text(metadata?.name);
  return Object.entries(value).flatMap(([key, inner]) => {
    const generic = own !== "" || key === "plugin" || at.endsWith(".plugin");
    return search(inner, `${at}.${key}`, own !== "" ? own : generic ? name : key);
  });
}

/** Traefik does not care about the case of names, nor whether a list of one is a list. */
function lowered(value: object): Options {
  const options = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key.toLowerCase(), inner]));
  const entries: unknown = options["host_configs"];
  return entries ? { ...options, host_configs: [entries].flat().map(asOptions) } : options;
}

function asOptions(entry: unknown): Options {
  return entry !== null && typeof entry === "object" ? lowered(entry) : {};
}

function agentName(name: string): string {
  return (
    name
      .replace(/[^A-Za-z0-9._-]/g, "-")
      .replace(/^[._-]+/, "")
      .slice(0, 60) || "redirects"
  );
}
