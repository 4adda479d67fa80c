import { z } from "zod";
import { address, duration, isLoopback, secret, size, url } from "../../config/units.ts";
import { source } from "./config-from.ts";
import { target } from "./config-to.ts";

const text = z.string().min(1);

/** What is said of one way from a broker to Leek. */
const shape = {
  batch: z
    .strictObject({
      items: z.int().min(1).default(1_000).describe("At most so many events are posted at once."),
      size: size().prefault("1MB").describe("… and so many bytes of messages."),
      window: duration({ min: 1 })
        .prefault("5s")
        .describe("… and never later than this after the first of them."),
    })
    .prefault({})
    .describe("How events are gathered."),
  workers: z
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe("So many posts at once. The events of one task, or of one worker, keep their order."),
  retry: z
    .strictObject({
      first: duration({ min: 1 }).prefault("1s").describe("The first pause, which doubles, with jitter."),
      max: duration({ min: 1 }).prefault("1m").describe("The longest pause."),
    })
    .prefault({})
    .describe("When broker or Leek are away. It is tried for ever."),
  rejected: z
    .strictObject({ file: z.strictObject({ path: text.optional() }) })
    .prefault({ file: {} })
    .describe("Where events are kept that Leek does not take. Default: a file below `state.dir`."),
  strict: z
    .boolean()
    .default(false)
    .describe(
      "Drop an event for an unknown field or a wrong type, as the peer does, and not only the field.",
    ),
  cancelled: z
    .enum(["drop", "revoked"])
    .default("drop")
    .describe(
      "What becomes of `task-cancelled`, which Leek does not know: dropped, as by the peer, or shown as revoked.",
    ),
  enable_events: z
    .boolean()
    .default(false)
    .describe("Tell workers to send task events, when we connect and whenever one comes online."),
};

/** One way from a broker to Leek. */
export const line = z.strictObject({ from: source, to: target, ...shape });

export type LineConfig = z.output<typeof line>;

const subscriptions = z
  .strictObject({
    fixed: z
      .record(z.string().min(1).max(200), line)
      .default({})
      .describe("Subscriptions by name that this file decides; nobody may change them from outside."),
    file: text
      .optional()
      .describe(
        "More of them, in the form of the Leek agent, read again when it changes. Default: below `state.dir`.",
      ),
    org: text
      .optional()
      .describe("Stands in for every `org_name` in the file: `mono` where authentication is off."),
    api: url().optional().describe("Leek's API for those that are added. Default `http://127.0.0.1:5000`."),
    key: secret()
      .optional()
      .describe("The agent secret of Leek's API. With it, `app_key` and `api_url` of the file do not count."),
    token: secret().optional().describe("Callers of `listen` send it as `Authorization: Bearer TOKEN`."),
  })
  .describe("Several subscriptions, fixed ones and such as come and go while it runs.");

export type SubscriptionsConfig = z.output<typeof subscriptions>;

export const config = z
  .strictObject({
    from: source.optional(),
    to: target.optional(),
    ...shape,
    subscriptions: subscriptions.optional(),
    listen: address()
      .optional()
      .describe("With `subscriptions`: where Leek's routes for agents are answered, `/v1/agent/…`."),
    supervisord: address()
      .optional()
      .describe(
        "With `subscriptions`: where Leek's API asks supervisord for us, such as `unix:/var/run/supervisor.sock`.",
      ),
  })
  .refine(({ from, to, subscriptions: several }) => (several ? !from && !to : from && to), {
    error: "give `from` and `to`, or `subscriptions`",
  })
  .refine(({ listen, subscriptions: several }) => listen === undefined || several !== undefined, {
    path: ["listen"],
    error: "goes with `subscriptions`",
  })
  .refine(({ supervisord, subscriptions: several }) => supervisord === undefined || several !== undefined, {
    path: ["supervisord"],
    error: "goes with `subscriptions`",
  })
  .refine(({ supervisord }) => !supervisord || isLoopback(supervisord), {
    path: ["supervisord"],
    error:
      "can be reached from elsewhere, and whoever reaches it may stop us: write unix:/path or 127.0.0.1:port",
  })
  .refine(({ listen, subscriptions: several }) => !listen || isLoopback(listen) || several?.token, {
    path: ["listen"],
    error: "can be reached from elsewhere, so `subscriptions.token` has to be given",
  });

export type Config = z.output<typeof config>;
