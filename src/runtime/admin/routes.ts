import { fleetRoutes } from "../fleet/routes.ts";
import { agentRoutes } from "./agent-routes.ts";
import { managedRoutes } from "./managed-routes.ts";
import { processRoutes } from "./process-routes.ts";
import type { Route } from "./route.ts";

/** Every route of the admin API. */
export const routes: readonly Route[] = [...processRoutes, ...agentRoutes, ...managedRoutes, ...fleetRoutes];
