import { jsonSchema } from "../../config/json-schema.ts";
import type { Route } from "./route.ts";
import { routes } from "./routes.ts";

/** Routes that are no JSON and so stand outside the table. */
const plain = [
  { path: "/metrics", summary: "Prometheus text.", type: "text/plain" },
  {
    path: "/api/events",
    summary:
      "Server-sent events: the state of every agent, then each change (`agent`, `gone`), each problem (`problem`), each reload (`reloaded`), every 5 s the figures of all agents (`pulse`), and with `?log=NAME` the lines of an agent's log (`log`).",
    type: "text/event-stream",
  },
  { path: "/api/openapi.json", summary: "This description.", type: "application/json" },
] as const;

/** The OpenAPI 3.1 description of the admin API, made from its routes. */
export function openApi(): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) paths[route.path] = { ...paths[route.path], [route.method]: operation(route) };
  for (const { path, summary, type } of plain) {
    paths[path] = {
      get: { summary, security, responses: { 200: { description: "Fine.", content: { [type]: {} } } } },
    };
  }
  return {
    openapi: "3.1.0",
    info: { title: "Outrider admin API", version: "1", description: "See and steer a running Outrider." },
    paths,
    components: {
      securitySchemes: {
        token: { type: "http", scheme: "bearer", description: "Needed where `admin.token` is set." },
      },
      schemas: { Error: errorSchema },
    },
  };
}

const security = [{ token: [] }];

const errorSchema = {
  type: "object",
  properties: {
    error: {
      type: "object",
      properties: {
        code: { type: "string", description: "One of the problem codes of the reference." },
        message: { type: "string" },
        remedy: { type: "string" },
        mistakes: {
          type: "array",
          items: { type: "object", properties: { at: { type: "string" }, message: { type: "string" } } },
        },
      },
      required: ["message"],
    },
  },
} as const;

function operation(route: Route): object {
  const names = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
  const schema = { type: "string" };
  const parameters = [
    ...names.map((name) => ({ name, in: "path", required: true, schema })),
    ...Object.entries(route.query ?? {}).map(([name, description]) => ({
      name,
      in: "query",
      description,
      schema,
    })),
  ];
  return {
    summary: route.summary,
    ...(route.open ? {} : { security }),
    ...(parameters.length > 0 && { parameters }),
    ...(route.body && {
      requestBody: { content: { "application/json": { schema: jsonSchema(route.body) } } },
    }),
    responses: {
      200: { description: "Fine.", content: { "application/json": {} } },
      default: {
        description: "What is wrong, and what to do.",
        content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
      },
    },
  };
}
