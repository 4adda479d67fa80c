import { getRequestListener } from "@hono/node-server";
import type { Hono } from "hono";
import type { Tenancy, Tenant } from "../../core/doors.ts";
import type { Outrider } from "../outrider.ts";
import { adminApp, reportsApp } from "./app.ts";

/**
 * Opens the admin API where the configuration says, and the fleet's own door if there is to be one.
 * @returns the admin API's, undefined if there is to be none. Throws LinkProblem.
 */
export async function openAdmin(outrider: Outrider): Promise<Tenancy | undefined> {
  const { admin, fleet } = outrider.config;
  if (typeof fleet?.listen === "string") {
    const { address } = await outrider.house.for("fleet").open(fleet.listen, tenant(reportsApp(outrider)));
    outrider.log.info({ address }, "taking reports of the fleet");
  }
  return admin
    ? outrider.house.for("admin").open(admin.listen, tenant(adminApp(outrider, admin.token)))
    : undefined;
}

function tenant(app: Hono): Tenant {
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  return { request: (request, response) => void listener(request, response) };
}
