import { getRequestListener } from "@hono/node-server";
import type { Tenancy } from "../../core/doors.ts";
import type { Outrider } from "../outrider.ts";
import { adminApp } from "./app.ts";

/** Opens the admin API where the configuration says; undefined if it says not to. Throws LinkProblem. */
export async function openAdmin(outrider: Outrider): Promise<Tenancy | undefined> {
  const { admin } = outrider.config;
  if (!admin) return undefined;
  const app = adminApp(outrider, admin.token);
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  return outrider.house
    .for("admin")
    .open(admin.listen, { request: (request, response) => void listener(request, response) });
}
