import { goDuration } from "../../config/go-duration.ts";
import type { Adapted, Adapter, Note } from "../../core/agent.ts";
import { ConfigProblem, type Mistake } from "../../core/problems.ts";
import { findPlugins, type Options, type Plugin, text, truthy } from "./traefik-plugin.ts";

/** Options of an entry of `host_configs` that stand in for the plugin's own. */
const OVERRIDES = [
  "manager_url",
  "namespace_code",
  "token_jwt",
  "header_authorization_name",
  "interval_check",
] as const;
const NEEDED = ["manager_url", "namespace_code", "project_code", "token_jwt"] as const;
const OWN = [...OVERRIDES, "project_code", "agent_name", "debug", "host_configs"];
/** We poll no faster, in milliseconds. */
const FASTEST = 100;

/**
 * The Flecto agent, configured as a Traefik plugin: each middleware becomes an agent that answers Traefik's
 * `forwardAuth`, as a plugin runs inside Traefik and has no address of its own.
 */
export const flecto: Adapter = {
  name: "flecto",
  summary: "the Traefik plugin's options, alone or inside a Traefik dynamic configuration",
  adapt: ({ document, env }): Adapted => {
    const plugins = findPlugins(document);
    if (plugins.length === 0)
      throw refusal([
        { at: "$", message: "there is no `manager_url`, `project_code` or `host_configs` in it" },
      ]);
    const adaption = new Adaption();
    const first = env["OUTRIDER_LISTEN"] ?? ":8080";
    const agents = plugins.map((plugin, i) => [plugin.name, adaption.agent(plugin, addressAfter(first, i))]);
    if (adaption.mistakes.length > 0) throw refusal(adaption.mistakes);
    return { agents: Object.fromEntries(agents), notes: adaption.notes };
  },
};

/** The same address with a port further on. */
function addressAfter(address: string, ports: number): string {
  return address.replace(/\d+$/, (port) => String(Number(port) + ports));
}

function refusal(mistakes: readonly Mistake[]): ConfigProblem {
  const message = mistakes.map((mistake) => `${mistake.at}: ${mistake.message}`).join("\n");
  return new ConfigProblem("config_invalid", message, { mistakes });
}

/** Turns plugins into agents, and gathers what is to be said about them. The words for mistakes are the peer's. */
class Adaption {
  readonly notes: Note[] = [];
  readonly mistakes: Mistake[] = [];

  agent({ options, at }: Plugin, listen: string): Record<string, unknown> {
    const entries = (options["host_configs"] ?? []) as readonly Options[];
    const own = text(options["project_code"]) !== "";
    if (!own && entries.length === 0)
      this.#wrong(at, "either project_code or host_configs must be configured");
    this.#note(
      at,
      `a Traefik plugin has no address, so ${listen} was chosen (OUTRIDER_LISTEN=host:port chooses another); point Traefik's forwardAuth at http://HOST${listen.replace(/^.*(?=:\d+$)/, "")}/outrider/forward-auth/traefik, or let Outrider stand in front with \`upstream\``,
    );
    if (text(options["agent_name"]) === "")
      this.#note(at, "the agent is named after this machine's host name, with dashes for dots");
    for (const key of Object.keys(options))
      if (!OWN.includes(key)) this.#note(`${at}.${key}`, "has no counterpart and is left out");
    const projects = entries.map((entry, i) => this.#project(entry, options, `${at}.host_configs[${i}]`));
    return {
      kind: "redirects",
      listen,
      forward_auth: true,
      ...(truthy(options["debug"]) && { debug: true }),
      ...(own && { from: { flecto: this.#source(options, at) } }),
      ...(projects.length > 0 && { projects }),
    };
  }

  #project(entry: Options, root: Options, at: string): Record<string, unknown> {
    const hosts = hostsOf(entry);
    if (hosts.length === 0) this.#wrong(at, "hosts is required and cannot be empty");
    for (const host of hosts)
      if (host.includes(":")) this.#note(at, `${host} never matches, as hosts are looked up without port`);
    if (text(entry["agent_name"]) !== "") this.#note(at, "agent_name is always that of the root");
    const merged: Record<string, unknown> = {
      agent_name: root["agent_name"],
      project_code: entry["project_code"],
    };
    for (const key of OVERRIDES) merged[key] = text(entry[key]) || root[key];
    if (text(entry["project_code"]) !== "") return { hosts, from: { flecto: this.#source(merged, at) } };
    this.#wrong(at, "project_code is required");
    return {};
  }

  #source(options: Options, at: string): Record<string, unknown> {
    const missing = NEEDED.filter((key) => text(options[key]) === "");
    if (missing.length > 0) {
      const rule = "manager_url, namespace_code, project_code or token_jwt is mandatory";
      this.#wrong(at, `missing configuration, ${rule}: ${missing.join(", ")} is empty`);
    }
    const header = text(options["header_authorization_name"]);
    const agent = text(options["agent_name"]);
    return {
      url: text(options["manager_url"]),
      namespace: text(options["namespace_code"]),
      project: text(options["project_code"]),
      token: text(options["token_jwt"]),
      ...(header !== "" && { header }),
      every: this.#interval(text(options["interval_check"]), at),
      ...(agent !== "" && { agent }),
      type: "traefik",
    };
  }

  #interval(given: string, at: string): string {
    if (given === "") return "5m";
    const ms = goDuration(given);
    if (ms === undefined) this.#wrong(at, `invalid interval check duration (${given})`);
    else if (ms <= 0) this.#wrong(at, `interval_check ${given} would stop the peer, write 1s or more`);
    else if (ms < FASTEST) this.#note(at, `interval_check ${given} was raised to ${FASTEST}ms`);
    // Most durations are written in the same way here.
    if (/^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/.test(given) && ms !== undefined && ms >= FASTEST) return given;
    return `${Math.round(Math.max(ms ?? 0, FASTEST))}ms`;
  }

  #note(at: string, message: string): void {
    this.notes.push({ at, message });
  }

  #wrong(at: string, message: string): void {
    this.mistakes.push({ at, message });
  }
}

/** A list, or one text with commas in it. */
function hostsOf(entry: Options): string[] {
  const given = [entry["hosts"] ?? []].flat().flatMap((host) => text(host).split(","));
  return given.map((host) => host.trim()).filter((host) => host !== "");
}
