import type { Doors } from "../core/doors.ts";
import type { Health } from "../core/health.ts";
import { LinkProblem } from "../core/problems.ts";

/** The agent is not ready before its door is open. */
export function awaitDoor(health: Health): void {
  health.awaits("door");
}

/** Doors that tell the agent's health how they fare. */
export function watchedDoors(doors: Doors, health: Health): Doors {
  return {
    open: async (address, tenant) => {
      const part = health.part("door");
      try {
        const tenancy = await doors.open(address, tenant);
        part.up();
        health.arrived("door");
        return tenancy;
      } catch (error) {
        if (error instanceof LinkProblem) part.down(error);
        throw error;
      }
    },
  };
}
