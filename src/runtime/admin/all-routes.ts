import { fleetRoutes } from "../fleet/routes.ts";
import { type Route, routes } from "./routes.ts";

/** Every route of the admin API, whoever brings it. */
export const allRoutes: readonly Route[] = [...routes, ...fleetRoutes];
