import { z } from "zod";
import { type Action, action } from "../../core/agent.ts";
import type { RedirectsAgent } from "./agent.ts";

const nothing = z.strictObject({});
const most = z.int().min(1).max(10_000).default(50).describe("How many to list.");
const list = z.strictObject({ most });
const sought = list.extend({
  search: z.string().default("").describe("Only rules whose source or target holds this."),
});
const asked = z.strictObject({ url: z.string().min(1).describe("A URL, or a path.") });

const ofHost = z.strictObject({
  host: z.string().optional().describe("Whose rules, where hosts have projects of their own."),
});

export const actions: Readonly<Record<string, Action<RedirectsAgent>>> = {
  refresh: action<RedirectsAgent, typeof nothing>({
    summary: "Look for a new version now; for a publish hook.",
    input: nothing,
    run: (agent) => agent.refresh(),
  }),
  explain: action<RedirectsAgent, typeof asked>({
    summary: "Why a URL is answered as it is: what is compared, which rules are tried, which one wins.",
    input: asked,
    run: async (agent, { url }) => (await import("./explain.ts")).explain(agent, url),
  }),
  lint: action<RedirectsAgent, typeof nothing>({
    summary: "Rules that are broken, dead, shadowed, chained, looping, or that lead where anybody wants.",
    input: nothing,
    run: async (agent) => {
      const { lint } = await import("./lint.ts");
      return Promise.all(
        agent.projects.flatMap((project) =>
          project.layers.map(async (layer) => ({
            origin: project.origin,
            ...(await lint(layer, agent.config.matching)),
          })),
        ),
      );
    },
  }),
  hits: action<RedirectsAgent, typeof list>({
    summary: "The rules that were used most, with the time of their last use.",
    input: list,
    run: (agent, { most: count }) => ofEach(agent, (layer) => layer.usage(count)),
  }),
  unused: action<RedirectsAgent, typeof list>({
    summary: "Rules that nobody has used since they were loaded.",
    input: list,
    run: (agent, { most: count }) => ofEach(agent, (layer) => layer.unused(count)),
  }),
  rules: action<RedirectsAgent, typeof sought>({
    summary: "The rules, the most used first, with how often and when last.",
    input: sought,
    run: (agent, { search, most: count }) => {
      const lists = agent.projects.flatMap(({ layers }) =>
        layers.map((layer) => layer.listed(search, count)),
      );
      const rules = lists.flatMap((list) => list.rules).sort((a, b) => b.hits - a.hits);
      return { found: lists.reduce((sum, { found }) => sum + found, 0), rules: rules.slice(0, count) };
    },
  }),
  misses: action<RedirectsAgent, typeof list>({
    summary: "The URLs that matched nothing most often.",
    input: list,
    run: (agent, { most: count }) => ({ total: agent.misses.total, urls: agent.misses.top(count) }),
  }),
  export: action<RedirectsAgent, typeof ofHost>({
    summary: "The redirect rules in a Flecto Manager's import format.",
    input: ofHost,
    run: async (agent, { host }) => {
      const [{ writeTsv }, { RuleSet }] = await Promise.all([import("./tsv.ts"), import("./rules.ts")]);
      const project = host === undefined ? agent.projects[0] : agent.projectFor(host);
      return writeTsv(project?.main?.rules ?? new RuleSet());
    },
  }),
};

function ofEach<T>(
  agent: RedirectsAgent,
  of: (layer: RedirectsAgent["projects"][number]["layers"][number]) => T[],
) {
  return agent.projects.map((project) => ({ origin: project.origin, rules: project.layers.flatMap(of) }));
}
