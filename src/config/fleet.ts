import { z } from "zod";
import { address, duration, isLoopback, secret, url } from "./units.ts";

/** What a process is called in the fleet; the same letters as in an agent's name. */
const NODE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

const nodeName = z
  .string()
  .regex(NODE_NAME, { error: "a name has up to 63 letters, digits, dots, dashes and underscores" });

/** Processes that report to one of them. A process either reports or is the one that listens. */
export const fleetSchema = z
  .strictObject({
    report_to: url()
      .optional()
      .describe(
        "The process to report to: the URL of its admin API, or of the address that its `fleet.listen` names.",
      ),
    listen: z
      .union([z.literal(true), address()], {
        error: 'expected `true` or an address, such as ":9901"',
      })
      .optional()
      .describe(
        "Take the reports of other processes: `true` at the admin API; an address opens a door of its own, which takes reports and nothing else.",
      ),
    name: nodeName
      .optional()
      .describe("What this process is called in the fleet. Default: this machine's host name."),
    token: secret()
      .optional()
      .describe(
        "What reports carry, and the one who listens demands. It opens nothing else; at the admin API `admin.token` is taken as well.",
      ),
    every: duration({ min: 100 })
      .prefault("30s")
      .describe("How often a process reports. It also does so at once when an agent's state changes."),
    ca: z
      .array(z.string().min(1))
      .default([])
      .describe("With `report_to`: files with authorities to trust besides those of the system."),
    offline_after: duration({ min: 1_000 })
      .prefault("6h")
      .describe(
        "With `listen`: a process that has not reported for so long is offline; never sooner than after twice its own `every`.",
      ),
  })
  .refine((value) => (value.report_to === undefined) !== (value.listen === undefined), {
    error: "give exactly one of report_to, listen",
  })
  .refine(({ listen, token }) => typeof listen !== "string" || isLoopback(listen) || token !== undefined, {
    error: "an address that others can reach needs a `token`",
    path: ["listen"],
  });

export type FleetConfig = z.output<typeof fleetSchema>;

/** A host name in the letters of a name; what cannot stand in one becomes a dash. */
export function fittingName(text: string): string {
  const fitting = text
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[._-]+/, "")
    .slice(0, 63);
  return fitting === "" ? "outrider" : fitting;
}
