import { z } from "zod";
import { duration, secret, url } from "../../../config/units.ts";
import { answer } from "./answer.ts";
import { amqpTarget } from "./broker.ts";
import { breaker, cel, graphql, lua, martian, module, oauth, rate, shadow } from "./layers.ts";
import { tls } from "./tls.ts";
import { veiledFields } from "./veil.ts";

/** An HTTP target. */
export const http = z.strictObject({
  url: z
    .union([z.string().transform((one) => [one]), z.array(z.string()).min(1)])
    .describe(
      "Where the event goes: a URL, or several that take turns. May hold placeholders, such as `{routing_key}`.",
    ),
  path: z
    .string()
    .default("")
    .describe("What follows the URL. May hold placeholders, `{{.Resp0_id}}` included."),
  method: z.string().min(1).optional().describe("Default: POST; in profile `krakend` GET."),
  headers: z
    .record(z.string(), z.string())
    .transform(veiledFields)
    .prefault({})
    .describe(
      "May hold placeholders, such as `{property.message_id}`. Values of `Authorization` and its like are never shown.",
    ),
  redirects: z
    .enum(["follow", "body", "none"])
    .optional()
    .describe(
      "`follow` as browsers do, `body`: also send the body again after 307 and 308, or `none`. Default: `body`; `follow` in profile `krakend`.",
    ),
  discover: z
    .strictObject({
      scheme: z.string().default("http"),
      every: duration({ min: 1_000 }).prefault("30s").describe("How often it is asked."),
    })
    .optional()
    .describe("`url` is the name of an SRV record that says where the hosts are."),
  proxy: url()
    .optional()
    .describe("An HTTP proxy. Default: HTTP_PROXY, HTTPS_PROXY and NO_PROXY of the environment."),
  tls: tls.optional(),
  connections: z.int().min(0).default(250).describe("At most so many connections to one host. 0: no limit."),
});

/** A function on AWS. Source: krakend-async §5.18. */
export const lambda = z.strictObject({
  function: z.string().optional().describe("Its name."),
  param: z
    .string()
    .default("function")
    .describe("The parameter that names it, where `function` is not given."),
  region: z.string().optional().describe("Default: AWS_REGION of the environment."),
  endpoint: url().optional().describe("Default: the one of AWS."),
  key: z.string().optional().describe("Access key. Default: AWS_ACCESS_KEY_ID of the environment."),
  secret: secret().optional().describe("Default: AWS_SECRET_ACCESS_KEY of the environment."),
  method: z.string().optional().describe("With GET the payload is the parameters, else the event."),
});

/** What goes out. */
export const request = z
  .strictObject({
    allow_headers: z
      .array(z.string())
      .default([])
      .describe("Only these headers of the call go on. Default: all."),
    allow_query: z.array(z.string()).default([]).describe("Only these query parameters go on. Default: all."),
    template: z.unknown().optional().describe("A new body, with placeholders such as `{body.id}`."),
  })
  .prefault({})
  .describe("What goes out.");

/** One backend: exactly one of `http`, `lambda` and `amqp`, and the layers around it. */
export const backend = z
  .strictObject({
    name: z.string().min(1).optional().describe("In metrics and logs. Default: its address without host."),
    http: http.optional(),
    lambda: lambda.optional(),
    amqp: amqpTarget.optional(),
    request,
    answer,
    breaker: breaker.optional(),
    rate: rate.optional(),
    oauth: oauth.optional(),
    cel: cel.optional(),
    martian: martian.optional(),
    lua: lua.optional(),
    module: module.optional(),
    graphql: graphql.optional(),
    shadow: shadow.optional(),
  })
  .refine(({ http, lambda, amqp }) => [http, lambda, amqp].filter(Boolean).length === 1, {
    error: "give exactly one of http, lambda, amqp",
  })
  .refine(({ http, graphql }) => http !== undefined || graphql === undefined, {
    path: ["graphql"],
    error: "needs `http`",
  });

export type HttpConfig = z.output<typeof http>;
export type LambdaConfig = z.output<typeof lambda>;
export type BackendConfig = z.output<typeof backend>;
