import { z } from "zod";
import type { Route } from "./route.ts";

const agent = z
  .record(z.string(), z.unknown())
  .describe(
    "As in the configuration: `kind`, and what the kind takes. Secrets sent as `***` stay as they were.",
  );

/** Agents that come, change and go while everything else goes on. */
export const managedRoutes: readonly Route[] = [
  {
    method: "post",
    path: "/api/probe",
    summary:
      "Tries what an agent needs, step by step, and changes nothing; without `agent`, the one of this name as it is. 200 also where a step failed.",
    body: z.object({ name: z.string().optional(), agent: agent.optional() }),
    answer: async (outrider, { body }) => {
      const { name, agent: sent } = body as { name?: string; agent?: unknown };
      return { json: await outrider.managed.probe(name, sent) };
    },
  },
  {
    method: "put",
    path: "/api/agents/{name}",
    summary:
      "Adds an agent, or changes one that was added so: checked, probed, kept in its file, and running. If it cannot start, everything is again as it was.",
    query: { force: "`true` takes it although its probe fails." },
    body: agent,
    answer: async (outrider, { params, query, body }) => {
      const name = params["name"]!;
      const { made, probe, forced } = await outrider.managed.put(name, body, query["force"] === "true");
      const json = { ...outrider.status(name), probe, ...(forced && { forced }) };
      return { status: made ? 201 : 200, json };
    },
  },
  {
    method: "delete",
    path: "/api/agents/{name}",
    summary:
      "Stops and removes an agent that was added through the API. Its snapshots, spools and files stay in the state folder.",
    answer: async (outrider, { params }) => {
      await outrider.managed.remove(params["name"]!);
      return { json: { removed: true } };
    },
  },
];
