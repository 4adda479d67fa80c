import { z } from "zod";
import { jsonSchema } from "../../config/json-schema.ts";
import { presentable } from "../../core/secret.ts";
import type { Outrider } from "../outrider.ts";
import { readiness } from "./readiness.ts";

/** What a route gets: the path's parameters, and the body if it takes one. */
export interface Asked {
  readonly params: Readonly<Record<string, string>>;
  readonly body: unknown;
  /** The other end of the connection; "" where that is not known. */
  readonly from: string;
}

/** One route of the admin API. The API, its OpenAPI description and the reference all come from this table. */
export interface Route {
  readonly method: "get" | "post" | "delete";
  /** Parameters stand as `{name}`. */
  readonly path: string;
  readonly summary: string;
  /** Answered without a token, so that probes work everywhere. Default false. */
  readonly open?: boolean;
  /** What processes of the fleet send: `fleet.token` opens it too. Default false. */
  readonly reports?: boolean;
  readonly body?: z.ZodType;
  /** Status and JSON body; undefined answers 204. */
  answer(
    outrider: Outrider,
    asked: Asked,
  ): Promise<{ status?: number; json: unknown }> | { status?: number; json: unknown };
}

const anyBody = z
  .record(z.string(), z.unknown())
  .describe("The action's input; see the reference of the kind.");

export const routes: readonly Route[] = [
  {
    method: "get",
    path: "/livez",
    summary: "Whether the process turns.",
    open: true,
    answer: () => ({ json: { live: true } }),
  },
  {
    method: "get",
    path: "/readyz",
    summary: "Whether every required agent is ready or degraded; 503 with who is not, and why.",
    open: true,
    answer: (outrider) => {
      const { ready, agents } = readiness(outrider.statuses());
      return { status: ready ? 200 : 503, json: { ready, agents } };
    },
  },
  {
    method: "get",
    path: "/api/agents",
    summary: "Every agent with its state and parts.",
    answer: (outrider) => ({ json: { agents: outrider.statuses() } }),
  },
  {
    method: "get",
    path: "/api/agents/{name}",
    summary: "One agent: state, parts, what it tells of itself, and its configuration without secrets.",
    answer: (outrider, { params }) => {
      const { config, agent } = outrider.agent(params["name"]!);
      const status = outrider.status(params["name"]!);
      const inspect = presentable(agent?.inspect?.() ?? null);
      return { json: { ...status, inspect, config: presentable(config.config) } };
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
    summary: "Stops an agent until it is started again or its configuration changes.",
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
  {
    method: "post",
    path: "/api/reload",
    summary:
      "Reads the configuration again and changes only what changed; says what was started, restarted, stopped, kept and refused.",
    answer: async (outrider) => ({ json: await outrider.reload() }),
  },
  {
    method: "get",
    path: "/api/kinds",
    summary:
      "The kinds of agents this process can run, with the JSON Schema of their configuration and actions.",
    answer: (outrider) => ({
      json: {
        kinds: outrider.kinds.map(({ kind, summary, config, actions = {} }) => ({
          kind,
          summary,
          config: jsonSchema(config),
          actions: Object.entries(actions).map(([name, action]) => ({
            name,
            summary: action.summary,
            input: jsonSchema(action.input),
          })),
        })),
      },
    }),
  },
];

function control(act: (outrider: Outrider, name: string) => Promise<void>): Route["answer"] {
  return async (outrider, { params }) => {
    await act(outrider, params["name"]!);
    return { json: outrider.status(params["name"]!) };
  };
}
