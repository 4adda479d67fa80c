import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import express from "express";
import fastify from "fastify";
import { Hono } from "hono";
import { expressRedirects } from "../../src/agents/redirects/express.ts";
import { fastifyRedirects } from "../../src/agents/redirects/fastify.ts";
import { honoRedirects } from "../../src/agents/redirects/hono.ts";
import type { RedirectsAgent } from "../../src/agents/redirects/index.ts";
import type { Tidy } from "./tidy.ts";

/**
 * An app with our middleware in front, on a free port of loopback until the end. Its own routes: `GET /app`,
 * `POST /echo`, which sends back each piece of the body as it comes, and `GET /old`, which a rule may hide.
 * @returns the port
 */
export type StartApp = (tidy: Tidy, agent: RedirectsAgent) => Promise<number>;

export const frameworks: Readonly<Record<string, StartApp>> = {
  Express: (tidy, agent) => {
    const app = express();
    app.use(expressRedirects(agent));
    app.get("/app", (_, response) => void response.send("app"));
    app.get("/old", (_, response) => void response.send("hidden"));
    app.post("/echo", (request, response) => void request.pipe(response));
    return listen(tidy, createServer(app));
  },

  Fastify: async (tidy, agent) => {
    const app = fastify();
    await app.register(fastifyRedirects(agent));
    app.addContentTypeParser("*", (_, payload, done) => done(null, payload));
    app.get("/app", () => "app");
    // A plugin of its own, which hooks of a sibling plugin would not reach.
    await app.register(async (child) => void child.get("/old", () => "hidden"));
    app.post("/echo", (request, reply) => reply.send(request.body));
    tidy.later(() => app.close());
    return Number(new URL(await app.listen({ port: 0, host: "127.0.0.1" })).port);
  },

  Hono: (tidy, agent) => {
    const app = new Hono();
    app.use(honoRedirects(agent));
    app.get("/app", (context) => context.text("app"));
    app.get("/old", (context) => context.text("hidden"));
    app.post("/echo", (context) => new Response(context.req.raw.body));
    return listen(tidy, createAdaptorServer({ fetch: app.fetch }) as Server);
  },
};

async function listen(tidy: Tidy, server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  tidy.later(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}
