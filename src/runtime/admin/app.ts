import type { HttpBindings } from "@hono/node-server";
import { type Context, Hono } from "hono";
import type { z } from "zod";
import { ConfigProblem, LinkProblem, Problem } from "../../core/problems.ts";
import type { Secret } from "../../core/secret.ts";
import type { Outrider } from "../outrider.ts";
import { events } from "./events.ts";
import { openApi } from "./openapi.ts";
import { servePage } from "./page.ts";
import type { Route } from "./route.ts";
import { routes } from "./routes.ts";

/** The largest body the API takes, in bytes. */
const LARGEST_BODY = 1_000_000;

/**
 * The admin API, and its page, as one function from request to response.
 * @param page the folder of the built page; default: the one in this package
 */
export function adminApp(outrider: Outrider, token: Secret | undefined, page?: string): Hono {
  const app = new Hono();
  servePage(app, page);
  answerRoutes(app, outrider, routes, token);
  app.get("/metrics", async (c) => {
    c.header("content-type", outrider.metrics.contentType);
    return c.body(await outrider.metrics.text());
  });
  app.get("/api/events", (c) => events(outrider, c));
  app.get("/api/openapi.json", (c) => c.json(openApi()));
  return app;
}

/** What the fleet's own door answers: reports and nothing else. */
export function reportsApp(outrider: Outrider): Hono {
  const app = new Hono();
  const reports = routes.filter((route) => route.reports);
  answerRoutes(app, outrider, reports, undefined);
  return app;
}

/** Answers routes, for those who may ask; whatever else the app answers comes after and is guarded as well. */
function answerRoutes(
  app: Hono,
  outrider: Outrider,
  table: readonly Route[],
  token: Secret | undefined,
): void {
  app.use(async (c, next) => {
    const route = table.find(({ path }) => path === c.req.path);
    const reports = route?.reports ? outrider.config.fleet?.token : undefined;
    const tokens = [token, reports].flatMap((each) => each ?? []);
    const refused = route?.open ? undefined : tokens.length > 0 ? withoutToken(c, tokens) : fromElsewhere(c);
    if (refused) return refused;
    await next();
    c.header("cache-control", "no-store");
    return undefined;
  });
  for (const route of table) {
    app.on(route.method, route.path.replace(/\{(\w+)\}/g, ":$1"), (c) => serve(outrider, route, c));
  }
  app.notFound((c) => refuse(c, 404, "there is nothing here, GET /api/openapi.json tells what is"));
  app.onError((error, c) => explain(outrider, error, c));
}

async function serve(outrider: Outrider, route: Route, c: Context): Promise<Response> {
  const text = route.body ? await readBody(c) : "";
  if (text === undefined) return refuse(c, 413, `the body is larger than ${LARGEST_BODY} bytes`);
  const body = route.body && bodyOf(route.body, text);
  const { status = 200, json } = await route.answer(outrider, {
    params: c.req.param(),
    query: c.req.query(),
    body,
    from: (c.env as Partial<HttpBindings> | undefined)?.incoming?.socket.remoteAddress ?? "",
  });
  return c.json(json, status as 200);
}

/** @returns undefined for a body that is too large */
async function readBody(c: Context): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of c.req.raw.body ?? []) {
    size += chunk.length;
    if (size > LARGEST_BODY) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** What was sent, as it was sent: the schema only says what form it has. Throws ConfigProblem. */
function bodyOf(schema: z.ZodType, text: string): unknown {
  const body = parseBody(text);
  const { success, error } = schema.safeParse(body);
  if (success) return body;
  const message = error.issues.map(({ path, message }) => [...path, message].join(": ")).join("; ");
  throw new ConfigProblem("input_invalid", `the body does not fit: ${message}`);
}

function parseBody(text: string): unknown {
  if (text.trim() === "") return {};
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ConfigProblem("input_invalid", "the body is no JSON", { cause });
  }
}

function withoutToken(c: Context, tokens: readonly Secret[]): Response | undefined {
  const given = c.req.header("authorization");
  if (tokens.some((token) => token.isBorneBy(given))) return undefined;
  c.header("www-authenticate", 'Bearer realm="outrider"');
  return refuse(c, 401, "a token is needed: Authorization: Bearer TOKEN");
}

/**
 * Without a token the API trusts whoever is on this machine — but not a web page that is open in a browser on it.
 * A page of another origin gives itself away by `Origin`, and a name that was made to point here by `Host`.
 */
function fromElsewhere(c: Context): Response | undefined {
  const host = c.req.header("host") ?? "";
  const local = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/i.test(host) || host === "";
  const origin = c.req.header("origin");
  if (local && (origin === undefined || origin === `http://${host}`)) return undefined;
  return refuse(c, 403, "requests from other origins need a configured token");
}

function refuse(c: Context, status: 401 | 403 | 404 | 413, message: string): Response {
  return c.json({ error: { message } }, status);
}

function explain(outrider: Outrider, error: unknown, c: Context): Response {
  if (!(error instanceof Problem)) {
    outrider.log.error({ err: error, path: c.req.path }, "the admin API met a defect");
    return c.json({ error: { message: "a defect; the log has the stack" } }, 500);
  }
  return c.json({ error: { ...error.toJSON(), ...detailsOf(error) } }, statusOf(error));
}

function detailsOf(error: Problem): object {
  if (!(error instanceof ConfigProblem)) return {};
  const { mistakes, steps } = error;
  return { ...(mistakes.length > 0 && { mistakes }), ...(steps.length > 0 && { steps }) };
}

function statusOf(problem: Problem): 400 | 404 | 409 | 422 | 503 {
  if (problem.code === "agent_not_managed") return 409;
  if (NOT_FOUND.includes(problem.code)) return 404;
  if (problem.code === "input_invalid") return 400;
  if (problem.code === "fleet_not_listening") return 409;
  return problem instanceof LinkProblem ? 503 : 422;
}

const NOT_FOUND: readonly string[] = ["agent_unknown", "action_unknown", "node_unknown"];
