import { presentable } from "../../core/secret.ts";
import type { Route } from "../admin/route.ts";
import { reportSchema } from "./report.ts";

/** What the admin API answers about a fleet. */
export const fleetRoutes: readonly Route[] = [
  {
    method: "get",
    path: "/api/fleet",
    summary:
      "Every process that has reported to this one: version, agents, standing, whether it is online, and when it was last seen; and how this process's own reports fare.",
    answer: (outrider) => ({ json: presentable(outrider.fleet.show()) }),
  },
  {
    method: "post",
    path: "/api/fleet/report",
    summary: "What a process sends that reports to this one. `fleet.token` opens it too.",
    body: reportSchema,
    reports: true,
    answer: async (outrider, { body, from }) => ({ json: await outrider.fleet.take(body, from) }),
  },
  {
    method: "get",
    path: "/api/fleet/{name}/history",
    summary: "What has happened to a process of the fleet, the oldest first.",
    answer: (outrider, { params }) => ({ json: { entries: outrider.fleet.history(params["name"]!) } }),
  },
  {
    method: "delete",
    path: "/api/fleet/{name}",
    summary: "Forgets a process and its history. One that still reports comes back.",
    answer: (outrider, { params }) => {
      outrider.fleet.forget(params["name"]!);
      return { json: { removed: true } };
    },
  },
];
