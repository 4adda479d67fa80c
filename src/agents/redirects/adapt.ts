import type { Adapted, Adapter, AdapterInput, Note } from "../../core/agent.ts";
import { ConfigProblem } from "../../core/problems.ts";

/** The options of Flecto's Traefik plugin, as far as they can be given. */
type Options = Readonly<Record<string, unknown>>;

/** Options of an entry of `host_configs` that stand in for the plugin's own. */
const OVERRIDES = [
  "manager_url",
  "namespace_code",
  "token_jwt",
  "header_authorization_name",
  "interval_check",
] as const;
const NEEDED = ["manager_url", "namespace_code", "project_code", "token_jwt"] as const;

/**
 * The Flecto agent, configured as a Traefik plugin: each middleware becomes an agent that answers Traefik's
 * `forwardAuth`, as a plugin runs inside Traefik and has no address of its own.
 */
export const flecto: Adapter = {
  name: "flecto",
  summary: "the Traefik plugin's options, alone or inside a Traefik dynamic configuration",
  adapt: ({ document }: AdapterInput): Adapted => {
    const middlewares = find(document);
    if (middlewares.length === 0)
      throw bad("$", "there is no middleware with `manager_url`, `project_code` or `host_configs` in it");
    const notes: Note[] = [];
    const agents = middlewares.map(({ name, at, options }, index) => [
      name,
      agentOf(options, at, index, notes),
    ]);
    return { agents: Object.fromEntries(agents), notes };
  },
};

interface Middleware {
  readonly name: string;
  /** Its place in the input. */
  readonly at: string;
  readonly options: Options;
}

/** Every map in the document that holds the plugin's options. */
function find(value: unknown, at = "$", name = "redirects"): Middleware[] {
  if (Array.isArray(value) || value === null || typeof value !== "object") return [];
  const options = value as Options;
  if ("manager_url" in options || "host_configs" in options || "project_code" in options)
    return [{ name, at, options }];
  return Object.entries(options).flatMap(([key, inner]) => {
    const generic = key === "plugin" || at.endsWith(".plugin");
    return find(inner, `${at}.${key}`, generic ? name : key);
  });
}

function agentOf(options: Options, at: string, index: number, notes: Note[]): Record<string, unknown> {
  const hostConfigs = (options["host_configs"] ?? []) as readonly Options[];
  if (!text(options["project_code"]) && hostConfigs.length === 0) {
    throw bad(at, "either project_code or host_configs must be configured");
  }
  const listen = `:${8080 + index}`;
  notes.push({
    at,
    message: `a Traefik plugin has no address, so ${listen} was chosen; point Traefik's forwardAuth at http://HOST${listen}/outrider/forward-auth, or let Outrider stand in front with \`upstream\``,
  });
  if (options["agent_name"] === undefined) {
    notes.push({ at, message: "the agent is named after this machine's host name, with dashes for dots" });
  }
  const root = text(options["project_code"]) ? { from: { flecto: source(options, at) } } : {};
  const projects = hostConfigs.map((entry, i) => projectOf(entry, options, `${at}.host_configs[${i}]`));
  return {
    kind: "redirects",
    listen,
    forward_auth: true,
    path_normalization: "none",
    ...(truthy(options["debug"]) && { debug: true }),
    ...root,
    ...(projects.length > 0 && { projects }),
  };
}

function projectOf(entry: Options, root: Options, at: string): Record<string, unknown> {
  const hosts = [entry["hosts"] ?? []].flat().flatMap((host) =>
    String(host)
      .split(",")
      .map((each) => each.trim()),
  );
  if (hosts.filter(Boolean).length === 0) throw bad(at, "hosts is required and cannot be empty");
  if (!text(entry["project_code"])) throw bad(at, "project_code is required");
  const merged: Record<string, unknown> = {
    agent_name: root["agent_name"],
    project_code: entry["project_code"],
  };
  for (const key of OVERRIDES) merged[key] = text(entry[key]) || root[key];
  return { hosts: hosts.filter(Boolean), from: { flecto: source(merged, at) } };
}

function source(options: Options, at: string): Record<string, unknown> {
  for (const key of NEEDED) {
    if (!text(options[key]))
      throw bad(at, `missing configuration, ${NEEDED.join(", ")} are mandatory: ${key} is empty`);
  }
  return {
    url: text(options["manager_url"]),
    namespace: text(options["namespace_code"]),
    project: text(options["project_code"]),
    token: text(options["token_jwt"]),
    ...(text(options["header_authorization_name"]) && { header: text(options["header_authorization_name"]) }),
    every: interval(text(options["interval_check"]), at),
    ...(text(options["agent_name"]) && { agent: text(options["agent_name"]) }),
    type: "traefik",
  };
}

/** Go's duration text as ours: `1m30s` is the same, `1.5h` too; microseconds and less have no use here. */
function interval(given: string, at: string): string {
  if (given === "") return "5m";
  const pieces = [...given.matchAll(/(\d*\.?\d+|\d+\.)(ns|us|µs|μs|ms|s|m|h)/g)];
  const whole = pieces.map(([piece]) => piece).join("") === given.replace(/^\+/, "");
  const ms = pieces.reduce((sum, [, number, unit]) => sum + Number(number) * (UNITS[unit!] ?? 0), 0);
  if (!whole || pieces.length === 0) throw bad(at, `invalid interval check duration (${given})`);
  if (ms < 100) throw bad(at, `interval_check ${given} is too short, write 100ms or more`);
  return `${Math.round(ms)}ms`;
}

const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1e3,
  m: 60e3,
  h: 3.6e6,
};

/** Traefik's decoder makes texts of numbers and truth values. */
function text(value: unknown): string {
  return value === undefined || value === null ? "" : String(value);
}

function truthy(value: unknown): boolean {
  return value === true || value === "true" || value === 1 || value === "1";
}

function bad(at: string, message: string): ConfigProblem {
  return new ConfigProblem("config_invalid", `${at}: ${message}`, { mistakes: [{ at, message }] });
}
