import { z } from "zod";
import { address, duration, oneOf, secret, url } from "../../config/units.ts";
import { fileFormats } from "./file-format.ts";

const code = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,50}$/, { error: "expected up to 50 letters, digits, dashes and underscores" });

const flectoShape = {
  url: url().describe("The Manager's address."),
  namespace: code.describe("The namespace's code."),
  project: code.describe("The project's code."),
  token: secret().describe("An API token with redirect:read, page:read and agent:write."),
  header: z
    .string()
    .regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/, { error: "is no header name" })
    .default("Authorization")
    .describe("The header that carries `Bearer TOKEN`."),
  every: duration({ min: 100 })
    .prefault("5m")
    .describe("The pause between two looks for a new version; 15s is a good value too."),
  agent: z.string().min(1).max(100).optional().describe("How the Manager calls us. Default: the host name."),
  type: z.enum(["default", "traefik"]).default("default").describe("What the Manager takes us for."),
  sync: z
    .enum(["healing", "peer"])
    .default("healing")
    .describe(
      "`peer` sends exactly the requests that the Flecto agent sends; `healing` sends fewer and mends what it can.",
    ),
  page_size: z
    .int()
    .min(1)
    .optional()
    .describe("Rows asked for at once. Default: 20,000; in `sync: peer` 100."),
  timeout: duration({ min: 100 }).prefault("30s").describe("How long one request may take."),
};

const file = z.union([
  z
    .string()
    .min(1)
    .transform((path) => ({ path, format: "auto" as const })),
  z.strictObject({
    path: z.string().min(1),
    format: z
      .enum(fileFormats)
      .default("auto")
      .describe(
        "`yaml` is ours, `tsv` a Flecto export, `netlify` and `cloudflare` a `_redirects` file, where a line without a status means 301 or 302; `auto` goes by the name, and takes `_redirects` for Netlify's.",
      ),
  }),
]);

const from = oneOf({
  flecto: z.strictObject(flectoShape).describe("A project of a Flecto Manager."),
  file: file.describe("A local file; a change is noticed."),
});

/** What may be given again for single hosts; the rest is taken from the agent's own `from`. */
const fromAgain = oneOf({
  flecto: z.strictObject({ ...allOptional(flectoShape), project: flectoShape.project }),
  file,
});

const options = {
  matching: z
    .enum(["flecto", "fixed"])
    .default("flecto")
    .describe(
      "`flecto` decides as the Flecto agent, dead rules included; `fixed` lets every pattern match what it says.",
    ),
  query: z
    .enum(["exact", "ignore", "preserve", "strip-tracking"])
    .default("exact")
    .describe("What a query does to the comparison. All but `exact` try the request as it is first."),
  host: z
    .enum(["raw", "normalised"])
    .default("raw")
    .describe("`normalised` compares hosts in lower case, without default port and trailing dot."),
  trailing_slash: z
    .enum(["exact", "ignore"])
    .default("exact")
    .describe("`ignore` also tries with, or without, a slash at the end."),
  case: z
    .enum(["exact", "ignore"])
    .default("exact")
    .describe("`ignore` also tries the path in lower case, for rules that are written so."),
  path_normalization: z
    .enum(["none", "traefik"])
    .default("none")
    .describe("`traefik` changes the path as Traefik does before its plugins see it."),
  guard: z.boolean().default(false).describe("Refuse a redirect whose captured text leads to another host."),
  log_redirects: z.boolean().default(false).describe("Write a line to the log for each redirect."),
  lint: z
    .boolean()
    .default(false)
    .describe("After each load, write to the log how many rules are dead, shadowed, or lead in circles."),
  debug: z
    .boolean()
    .default(false)
    .describe("Add the Flecto agent's X-Middleware-Flecto-* headers to every answer."),
  etag: z.boolean().default(false).describe("Give pages an ETag and answer 304."),
  compress: z
    .boolean()
    .default(false)
    .describe("Send pages as brotli or gzip, prepared when they are loaded."),
  charset: z.string().optional().describe("A charset for the Content-Type of pages, such as `utf-8`."),
  cache_control: z.string().optional().describe("A Cache-Control header for redirects and pages."),
  extra: file
    .optional()
    .describe("Local rules that come first; they may also say 410, 451, and when they hold."),
};

const upstream = z.union([
  url().transform((target) => ({
    url: target,
    timeout: 30_000,
    connect_timeout: 5_000,
    host: "keep" as const,
  })),
  z.strictObject({
    url: url(),
    timeout: duration().prefault("30s").describe("How long the upstream may be silent."),
    connect_timeout: duration().prefault("5s").describe("How long connecting may take."),
    host: z.enum(["keep", "upstream"]).default("keep").describe("Which Host header the upstream gets."),
  }),
]);

export const config = z
  .strictObject({
    listen: address()
      .optional()
      .describe("Where requests come in. Without it the agent only answers `forward_auth` and its library."),
    hosts: z
      .array(z.string().min(1).toLowerCase())
      .min(1)
      .optional()
      .describe(
        "The hosts this agent answers for; several agents may share one address if their hosts differ.",
      ),
    from: from
      .optional()
      .describe("Where rules and pages come from, for every host without a project of its own."),
    projects: z
      .array(
        z.strictObject({
          hosts: z.array(z.string().min(1)).min(1).describe("Hosts, without port."),
          from: fromAgain,
        }),
      )
      .default([])
      .describe("Other projects for some hosts. What is not given is taken from `from`."),
    upstream: upstream.optional().describe("Who answers what matches nothing; without it that is 404."),
    trust_forwarded: z
      .boolean()
      .default(false)
      .describe("Keep X-Forwarded-* headers of callers, instead of writing them anew."),
    forward_auth: z
      .union([
        z.literal(true).transform(() => ({ path: "/outrider/forward-auth" })),
        z.strictObject({ path: z.string().startsWith("/").default("/outrider/forward-auth") }),
      ])
      .optional()
      .describe(
        "Answer a proxy's question what to do with a request: Traefik and Caddy forward_auth, nginx auth_request.",
      ),
    ...options,
  })
  .refine(({ from: own, projects }) => own !== undefined || projects.length > 0, {
    error: "give `from`, or `projects`",
    path: ["from"],
  })
  .superRefine((value, context) => {
    for (const [index, project] of value.projects.entries()) {
      const own = project.from.flecto;
      const root = value.from?.flecto;
      for (const key of ["url", "namespace", "token"] as const) {
        if (!own || own[key] !== undefined || root) continue;
        const path = ["projects", index, "from", "flecto", key];
        context.addIssue({
          code: "custom",
          path,
          message: "is missing, and there is no `from.flecto` to take it from",
        });
      }
    }
  });

export type Config = z.output<typeof config>;
export type FlectoConfig = z.output<z.ZodObject<typeof flectoShape>>;
export type FileConfig = z.output<typeof file>;

/** The fields of a shape, optional and without defaults. */
function allOptional<S extends z.ZodRawShape>(shape: S) {
  const entries = Object.entries(shape).map(([name, schema]) => [
    name,
    inner(schema as z.ZodType).optional(),
  ]);
  return Object.fromEntries(entries) as { [N in keyof S]: z.ZodOptional<S[N]> };
}

/** A schema without the default around it. */
function inner(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault
    ? (schema.unwrap() as z.ZodType)
    : schema;
}
