import { z } from "zod";
import { address, duration, oneOf, url } from "../../config/units.ts";
import { words } from "./state.ts";

const command = z
  .tuple([z.string().min(1)], z.string())
  .describe("The program and its arguments; no shell in between.");

/** How a look becomes a vote. */
const how = {
  every: duration({ min: 100 }).prefault("2s").describe("The pause between two looks."),
  timeout: duration({ min: 10 }).prefault("1s").describe("How long a look may take."),
  rise: z.int().min(1).default(2).describe("So many good looks in a row make a good vote."),
  fall: z.int().min(1).default(3).describe("So many bad looks in a row make a bad vote."),
  weight: z.number().positive().default(1).describe("How much the vote counts."),
  asks: z.enum(["down", "drain"]).default("down").describe("What a bad vote asks for."),
};

const agentVote = z
  .union([
    z.string().transform((name) => ({ name })),
    z.strictObject({
      name: z.string(),
      max_lag: duration().optional().describe("Drain when the agent is further behind its origin than this."),
      every: duration({ min: 100 }).optional(),
      weight: z.number().positive().optional(),
    }),
  ])
  .transform((given) => ({ max_lag: undefined, every: 250, weight: 1, ...given }))
  .transform(({ name, max_lag, every, weight }) => ({
    name,
    max_lag,
    every: every ?? 250,
    weight: weight ?? 1,
  }));

const votes = z.strictObject({
  need: z
    .union([z.enum(["all", "majority"]), z.number().positive()])
    .default("all")
    .describe("How much of the votes is needed: all, more than half of the weight, or so much weight."),
  agents: z
    .array(agentVote)
    .default([])
    .describe(
      "Other agents of this process: down while one is not ready, drain while one is too far behind.",
    ),
  http: z
    .array(z.strictObject({ url: url(), ...how }))
    .default([])
    .describe("URLs that should answer 2xx or 3xx."),
  tcp: z
    .array(z.strictObject({ address: address(), ...how }))
    .default([])
    .describe("Addresses that should accept a connection."),
  command: z
    .array(z.strictObject({ run: command, ...how }))
    .default([])
    .describe("Commands that should end with status 0; the last line they print is the reason if not."),
  file: z
    .array(
      z.strictObject({
        path: z.string().min(1),
        max_age: duration().optional().describe("The file must have changed within this time."),
        ...how,
      }),
    )
    .default([])
    .describe("Files that should exist."),
});

export type VotesConfig = z.output<typeof votes>;

const limit = z.number().positive().optional().describe("The value that counts as full load.");

const weight = z.strictObject({
  inputs: z
    .strictObject({
      cpu: z
        .strictObject({ limit })
        .optional()
        .describe("Busy share of the CPUs this process may use. Limit: 0.9."),
      load: z
        .strictObject({ limit })
        .optional()
        .describe("Load average of a minute for each core. Limit: 1."),
      memory: z
        .strictObject({ limit })
        .optional()
        .describe("Share of memory that is used, within the cgroup. Limit: 0.9."),
      pressure: z
        .strictObject({ limit })
        .optional()
        .describe("Share of the last 10 s in which something waited for memory (PSI). Limit: 0.2."),
      loop: z
        .strictObject({ limit })
        .optional()
        .describe("Delay of our event loop in milliseconds. Limit: 100."),
      connections: z
        .strictObject({ port: z.int().min(1).max(65_535), limit: z.number().positive() })
        .optional()
        .describe("Established connections to a local port."),
      http: z
        .strictObject({ url: url(), limit: z.number().positive() })
        .optional()
        .describe("The number that a URL answers."),
      command: z
        .strictObject({ run: command, limit: z.number().positive() })
        .optional()
        .describe("The number that a command prints."),
    })
    .refine((inputs) => Object.values(inputs).some((input) => input !== undefined), {
      error: "give at least one input",
    })
    .describe("What is measured; each is scaled to its limit."),
  combine: z.enum(["max", "mean"]).default("max").describe("How several loads become one."),
  min: z
    .int()
    .min(1)
    .max(256)
    .default(10)
    .describe("Percent at full load. Never 0: that would take the server out."),
  max: z.int().min(1).max(256).default(100).describe("Percent at no load."),
  step: z.int().min(1).default(5).describe("Smaller changes are not published, in points."),
  rise: z
    .int()
    .min(1)
    .default(10)
    .describe("How far the weight may rise at once, in points; it falls at once."),
  every: duration({ min: 100 }).prefault("1s").describe("The pause between two samples."),
  smooth: duration({ min: 1 }).prefault("10s").describe("Time constant of smoothing."),
  stale_after: duration().optional().describe("A silent input is stale after this. Default: three samples."),
  when_stale: z
    .union([z.enum(["keep", "omit"]), z.int().min(1).max(256)])
    .default("keep")
    .describe("With every input stale: keep the weight, leave it out, or take this number."),
  configured: z
    .int()
    .min(1)
    .max(256)
    .optional()
    .describe("The weight in HAProxy's configuration, to be warned when percents of it would come out as 0."),
});

export type WeightConfig = z.output<typeof weight>;

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
