import { defineCommand } from "citty";
import { messageOf } from "../core/problems.ts";
import type { Readiness } from "../runtime/admin/readiness.ts";
import { AdminClient, Unavailable } from "./client.ts";
import { exit } from "./exit.ts";
import { adminOptions } from "./options.ts";

/** `outrider health`: what a container's health check asks. Without a token, and with no tool besides us. */
export const health = defineCommand({
  meta: { name: "health", description: "Exit with 0 if every required agent serves, for health checks" },
  args: { ...adminOptions, live: { type: "boolean", description: "Ask only whether the process turns." } },
  run: async ({ args }) => {
    const client = new AdminClient(args);
    try {
      if (args.live) await client.ask("GET", "/livez");
      const found = args.live ? healthy : await client.ask<Readiness>("GET", "/readyz");
      console.log(found.ready ? "healthy" : "unhealthy");
      for (const { name, standing, why } of found.agents)
        console.log(`${name} is ${standing} ${why.join("; ")}`.trim());
      return found.ready ? exit.ok : exit.failed;
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      console.error(messageOf(error));
      // Not 69 as elsewhere: to a container engine only 0 and 1 mean something.
      return exit.failed;
    }
  },
});

const healthy: Readiness = { ready: true, agents: [] };
