import { z } from "zod";
import { address, duration, oneOf } from "../../config/units.ts";
import { votes } from "./config-votes.ts";
import { weight } from "./config-weight.ts";
import { words } from "./state.ts";

const stateFile = z.union([
  z
    .string()
    .min(1)
    .transform((path) => ({ path, watch: undefined, on_bad: undefined, default: "FAIL" as const })),
  z.strictObject({
    path: z.string().min(1),
    watch: z
      .boolean()
      .optional()
      .describe("Take a change without being told. Default: only in mode `complete`."),
    on_bad: z
      .enum(["default", "keep"])
      .optional()
      .describe(
        "With a missing or broken file: take the default state (mode `hapgent`) or keep the last good one.",
      ),
    default: z
      .enum(words)
      .default("FAIL")
      .describe("The state while there is no good file. hapgent 0.3.1 had MAINT."),
  }),
]);

const service = {
  from: oneOf({ file: stateFile.describe("A state file, as hapgent's.") })
    .optional()
    .describe("Where the state comes from. Without it the service is UP until an action says otherwise."),
  maxconn: z
    .int()
    .min(0)
    .optional()
    .describe("The maxconn in HAProxy's configuration; mode `complete` goes back to it when none is stated."),
  votes: votes.optional().describe("Looks that can take a serving state away."),
  weight: weight.optional().describe("A weight that follows measured load."),
};

export type ServiceConfig = z.output<z.ZodObject<typeof service>>;

const options = z.strictObject({
  listen: address().describe("Where HAProxy's agent checks connect; hapgent's default is `0.0.0.0:9777`."),
  mode: z
    .enum(["hapgent", "complete"])
    .optional()
    .describe(
      "`hapgent` answers byte for byte as hapgent; `complete` says health, admin state, weight and maxconn each time. Default: `hapgent`, but `complete` with `votes`, `weight` or `drain`, which hapgent's answers could not take back.",
    ),
  ready: z
    .enum(["never", "after-change", "always"])
    .default("after-change")
    .describe(
      "When mode `complete` says `ready`: after our own drain or maintenance ended, so that an operator's survives.",
    ),
  ...service,
  services: z
    .record(z.string().min(1).max(255), z.strictObject(service))
    .optional()
    .describe(
      "Several services behind one port, by the line that `agent-send` sends; `*` is everything else.",
    ),
  http: z.boolean().default(false).describe("Answer HTTP on the same port, for probes and curl."),
  wait: duration({ min: 1 })
    .prefault("100ms")
    .describe("How long to wait for the line of `agent-send`, where `services` or `http` need it."),
  allow: z
    .array(
      z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()], {
        error: "expected an address or network, such as 10.0.0.0/8",
      }),
    )
    .optional()
    .describe("Addresses and networks that get an answer. Default: all."),
  max_connections: z
    .int()
    .min(1)
    .default(10_000)
    .describe("More connections than this are closed unanswered."),
  drain: z
    .strictObject({
      min: duration()
        .prefault("5s")
        .describe("Say `drain` at least this long: several servers of one HAProxy cannot be told apart."),
      max: duration({ min: 1 })
        .prefault("25s")
        .describe("Leave after this, whatever is still open; shorter than the agent's `grace`."),
      port: z
        .int()
        .min(1)
        .max(65_535)
        .optional()
        .describe("Wait until this local port has no established connection."),
    })
    .optional()
    .describe(
      "On stop: say `drain` until every poller has heard it, then leave. Without it: leave at once, as hapgent.",
    ),
  signals: z
    .boolean()
    .default(true)
    .describe("Obey SIGUSR1 (up), SIGUSR2 (down) and SIGHUP (read the file again)."),
});

export const config = options
  .refine((given) => given.mode !== "hapgent" || !takesBack(given), {
    path: ["mode"],
    error: "`hapgent` cannot take back what `votes`, `weight` or `drain` say, leave `mode` out",
  })
  .refine((given) => !(ownService(given) && given.services?.["*"]), {
    path: ["services", "*"],
    error: "the default service is described here and beside `services`, keep one",
  });

export type Config = z.output<typeof config>;

export function modeOf(config: Config): "hapgent" | "complete" {
  return config.mode ?? (takesBack(config) ? "complete" : "hapgent");
}

/** The services of a configuration by name; `*` answers for everything that is not named. */
export function servicesOf(config: Config): Map<string, ServiceConfig> {
  const named = new Map<string, ServiceConfig>(Object.entries(config.services ?? {}));
  const own = ownService(config);
  if (own) named.set("*", own);
  else if (named.size === 0) named.set("*", { maxconn: config.maxconn });
  return named;
}

function ownService({ from, maxconn, votes, weight }: z.output<typeof options>): ServiceConfig | undefined {
  return (from ?? votes ?? weight) && { from, maxconn, votes, weight };
}

/** Whether something is said that must end by itself; hapgent's one word ends neither a drain nor a weight. */
function takesBack({ drain, ...own }: z.output<typeof options>): boolean {
  const services: ServiceConfig[] = [own, ...Object.values(own.services ?? {})];
  return drain !== undefined || services.some(({ votes, weight }) => votes ?? weight);
}
