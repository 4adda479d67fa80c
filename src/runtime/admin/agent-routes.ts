import { z } from "zod";
import { jsonSchema } from "../../config/json-schema.ts";
import type { AgentKind } from "../../core/agent.ts";
import { ConfigProblem } from "../../core/problems.ts";
import { presentable } from "../../core/secret.ts";
import { maskedGiven } from "../managed/secrets.ts";
import type { Outrider } from "../outrider.ts";
import { STEP } from "../pulse.ts";
import type { Route } from "./route.ts";

const anyBody = z
  .record(z.string(), z.unknown())
  .describe("The action's input; see the reference of the kind.");

/** How agents are, and what may be asked of them. */
export const agentRoutes: readonly Route[] = [
  {
    method: "get",
    path: "/api/agents",
    summary: "Every agent with its state, parts, owner and pulse.",
    answer: (outrider) => ({ json: { agents: outrider.statuses() } }),
  },
  {
    method: "get",
    path: "/api/agents/{name}",
    summary:
      "One agent: state, parts, what it tells of itself, its configuration without secrets, as it was written (`given`) and as it is meant (`config`), its newest problems, and its actions.",
    answer: (outrider, { params }) => ({ json: detail(outrider, params["name"]!) }),
  },
  {
    method: "get",
    path: "/api/agents/{name}/history",
    summary:
      "Samples of the last quarter of an hour: time, items a second, errors a second, latency and age in milliseconds.",
    query: { since: "Only what is newer, in milliseconds since 1970." },
    answer: (outrider, { params, query }) => {
      outrider.agent(params["name"]!);
      const since = wholeNumber(query, "since", 0);
      return { json: { step: STEP, samples: outrider.pulses.history(params["name"]!, since) } };
    },
  },
  {
    method: "get",
    path: "/api/agents/{name}/log",
    summary: "The last lines of the log about an agent, the oldest first.",
    query: { lines: "At most so many. Default 200." },
    answer: (outrider, { params, query }) => {
      outrider.agent(params["name"]!);
      return { json: { lines: outrider.tail.lines(wholeNumber(query, "lines", 200), params["name"]!) } };
    },
  },
  {
    method: "post",
    path: "/api/agents/{name}/start",
    summary: "Starts an agent that was stopped.",
    answer: control((outrider, name) => outrider.startAgent(name)),
  },
  {
    method: "post",
    path: "/api/agents/{name}/stop",
    summary:
      "Stops an agent until it is started again, its configuration changes, or the process starts anew: this is not kept.",
    answer: control((outrider, name) => outrider.stopAgent(name)),
  },
  {
    method: "post",
    path: "/api/agents/{name}/restart",
    summary: "Stops an agent and starts it again.",
    answer: control((outrider, name) => outrider.restartAgent(name)),
  },
  {
    method: "post",
    path: "/api/agents/{name}/actions/{action}",
    summary: "Asks a running agent for one of its kind's actions.",
    body: anyBody,
    answer: async (outrider, { params, body }) => ({
      json: { result: presentable(await outrider.call(params["name"]!, params["action"]!, body)) },
    }),
  },
];

function detail(outrider: Outrider, name: string): object {
  const { config, agent } = outrider.agent(name);
  return {
    ...outrider.status(name),
    inspect: presentable(agent?.inspect?.() ?? null),
    config: presentable(config.config),
    given: maskedGiven(config),
    problems: outrider.supervisor.ward(name)?.health.troubles.list ?? [],
    actions: actionsOf(config.kind),
  };
}

/** What may be asked of the agents of a kind. */
export function actionsOf({ actions = {} }: AgentKind): object[] {
  return Object.entries(actions).map(([name, { summary, input }]) => ({
    name,
    summary,
    input: jsonSchema(input),
  }));
}

/** Throws ConfigProblem for what is no whole number. */
export function wholeNumber(
  query: Readonly<Record<string, string>>,
  name: string,
  otherwise: number,
): number {
  const text = query[name];
  if (text === undefined) return otherwise;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new ConfigProblem("input_invalid", `${name}: "${text}" is no whole number`);
}

function control(act: (outrider: Outrider, name: string) => Promise<void>): Route["answer"] {
  return async (outrider, { params }) => {
    await act(outrider, params["name"]!);
    return { json: outrider.status(params["name"]!) };
  };
}
