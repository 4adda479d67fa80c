import type { Adapted, Adapter, AdapterInput } from "../../../core/agent.ts";
import { ConfigProblem } from "../../../core/problems.ts";
import { type Adopted, readAgent } from "./agent.ts";
import { asNumber, asText, isData } from "./convert.ts";
import { Fields } from "./fields.ts";
import { readHealth } from "./health.ts";
import { Components } from "./names.ts";
import { withOverrides } from "./overrides.ts";
import { Report } from "./report.ts";
import { readService } from "./service.ts";
import { render } from "./template/render.ts";

/** KrakenD's async agents, from its configuration file. Source: krakend-async. */
export const krakend: Adapter = {
  name: "krakend",
  summary: "the async agents of a krakend.json, in its current layout or the flat one",
  render,
  adapt: ({ document, env }: AdapterInput): Adapted => {
    const report = new Report();
    const root = readRoot(document, env, report);
    const components = new Components(root);
    components.find("router");
    const service = readService(root, components);
    const agents = new Agents(report);
    root.each("async_agent").forEach((entry, i) => {
      agents.add(entry, readAgent(entry, i, service));
    });
    if (agents.byName.size === 0)
      root.wrong("async_agent", "there is no agent to run: `async_agent` has none with a backend");
    if (env["FC_ENABLE"] && env["FC_OUT"])
      report.note(
        "FC_OUT",
        "the file that was filled in is not kept; `outrider adapt krakend` prints what it becomes",
      );
    const health = readHealth(root, components, service, agents.byName);
    report.check();
    return { agents: agents.written(health), notes: report.notes };
  },
};

/** Throws ConfigProblem for what is no file of the peer. */
function readRoot(document: unknown, env: AdapterInput["env"], report: Report): Fields {
  if (!isData(document)) throw refusal("$", "there is no krakend.json: name the file");
  const { data, origins } = withOverrides(document, env);
  const root = new Fields(data, "$", report, origins);
  const given = root.get("version");
  const version = given === undefined ? 0 : asNumber(given);
  if (version !== 3)
    throw refusal(
      root.place("version"),
      `unsupported version: ${version ?? asText(given) ?? JSON.stringify(given)} (want: 3)`,
    );
  return root;
}

function refusal(at: string, message: string): ConfigProblem {
  return new ConfigProblem("config_invalid", `${at}: ${message}`, { mistakes: [{ at, message }] });
}

/** Agents by names that are fit for us, and their own. */
class Agents {
  readonly byName = new Map<string, Adopted>();
  readonly #theirs = new Set<string>();
  readonly #report: Report;

  constructor(report: Report) {
    this.#report = report;
  }

  add(entry: Fields, agent: Adopted | undefined): void {
    if (!agent) return;
    if (this.#theirs.has(agent.name))
      entry.wrong("name", `"${agent.name}" is the name of another agent too; names must differ`);
    this.#theirs.add(agent.name);
    const name = this.#fitting(agent.name);
    if (name !== agent.name)
      this.#report.note(
        entry.place("name"),
        `is called ${name} here, as names have letters, digits, dots, dashes and underscores`,
      );
    this.byName.set(name, agent);
  }

  /** In the shape of our configuration; the first has the endpoints. */
  written(health: Record<string, unknown> | undefined): Adapted["agents"] {
    const [first] = this.byName.keys();
    const entries = [...this.byName].map(([name, { ours }]) => [
      name,
      health && name === first ? { ...ours, health } : ours,
    ]);
    return Object.fromEntries(entries);
  }

  #fitting(name: string): string {
    const base =
      name
        .replace(/[^A-Za-z0-9._-]/g, "-")
        .replace(/^[._-]+/, "")
        .slice(0, 60) || "agent";
    let fitting = base;
    for (let next = 2; this.byName.has(fitting); next++) fitting = `${base}-${next}`;
    return fitting;
  }
}
