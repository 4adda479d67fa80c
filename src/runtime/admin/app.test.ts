import { once } from "node:events";
import { createConnection } from "node:net";
import { describe, expect, it } from "vitest";
import { outriderOf } from "../../../test/tools/in-process.ts";
import { freePort } from "../../../test/tools/ports.ts";
import { Tidy } from "../../../test/tools/tidy.ts";
import { until } from "../../../test/tools/until.ts";
import { settlesWithin } from "../../core/life.ts";
import { Secret } from "../../core/secret.ts";
import { adminApp } from "./app.ts";
import { openAdmin } from "./door.ts";
import { routes } from "./routes.ts";

const tidy = new Tidy();

interface Asked {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

/** A started Outrider, and a way to ask its API. */
async function api(text: string, token?: string) {
  const made = await outriderOf(tidy, text);
  await made.outrider.start();
  const app = adminApp(made.outrider, token === undefined ? undefined : new Secret(token));
  const ask = async (path: string, { method = "GET", headers = {}, body }: Asked = {}) => {
    const answer = await app.request(path, {
      method,
      headers: { host: "127.0.0.1:9900", ...headers },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const answered = await answer.text();
    return {
      status: answer.status,
      headers: answer.headers,
      text: answered,
      json: answered.startsWith("{") ? JSON.parse(answered) : undefined,
    };
  };
  return { ...made, ask, post: (path: string, body?: unknown) => ask(path, { method: "POST", body }) };
}

const one = "agents:\n  a: { kind: parrot }";

describe("who may ask", () => {
  it("is whoever has the token, where there is one", async () => {
    const { ask } = await api(one, "s3cret");
    const as = async (authorization?: string) =>
      (await ask("/api/agents", authorization === undefined ? {} : { headers: { authorization } })).status;
    expect(await as("Bearer s3cret")).toBe(200);
    for (const wrong of [
      undefined,
      "",
      "Bearer",
      "Bearer s3cre",
      "Bearer s3cret1",
      "bearer s3cret",
      "Basic s3cret",
    ]) {
      expect(await as(wrong)).toBe(401);
    }
    const { headers, json } = await ask("/metrics");
    expect([headers.get("www-authenticate"), json.error.message]).toEqual([
      'Bearer realm="outrider"',
      "a token is needed: Authorization: Bearer TOKEN",
    ]);
    expect((await ask("/nothing/here")).status).toBe(401);
  });

  it("is anybody for the probes", async () => {
    const { ask } = await api(one, "s3cret");
    expect([(await ask("/livez")).status, (await ask("/readyz")).status]).toEqual([200, 200]);
  });

  it("may ask from any host name with a token", async () => {
    const { ask } = await api(one, "s3cret");
    const headers = {
      authorization: "Bearer s3cret",
      host: "outrider.example",
      origin: "https://other.example",
    };
    expect((await ask("/api/agents", { headers })).status).toBe(200);
  });

  it("is no web page of another origin, and no name that was made to point here", async () => {
    const { ask } = await api(one);
    const from = async (headers: Record<string, string>) => (await ask("/api/agents", { headers })).status;
    for (const host of ["127.0.0.1:9900", "localhost:9900", "127.3.2.1", "[::1]:9900", "LOCALHOST"]) {
      expect(await from({ host })).toBe(200);
    }
    expect(await from({ host: "localhost:9900", origin: "http://localhost:9900" })).toBe(200);
    for (const host of [
      "evil.example",
      "127.0.0.1.evil.example",
      "localhost.evil.example:9900",
      "192.168.0.1",
    ]) {
      expect(await from({ host })).toBe(403);
    }
    for (const origin of ["http://evil.example", "https://localhost:9900", "http://localhost:1", "null"]) {
      expect(await from({ host: "localhost:9900", origin })).toBe(403);
    }
    expect((await ask("/livez", { headers: { host: "evil.example" } })).status).toBe(200);
  });
});

describe("answers", () => {
  it("say how the agents are", async () => {
    const { ask } = await api("agents:\n  a: { kind: parrot, says: x }\n  b: { kind: parrot, fails: part }");
    const { json, headers } = await ask("/api/agents");
    expect(json.agents.map(({ name, standing }: Record<string, string>) => `${name} ${standing}`)).toEqual([
      "a ready",
      "b degraded",
    ]);
    expect(headers.get("cache-control")).toBe("no-store");
    expect((await ask("/api/agents/a")).json).toMatchObject({
      name: "a",
      kind: "parrot",
      inspect: { said: "x" },
      config: { says: "x" },
    });
  });

  it("say who is not ready, and why", async () => {
    const { ask, outrider } = await api(
      "agents:\n  a: { kind: parrot, fails: run }\n  b: { kind: parrot, fails: part }\n  c: { kind: parrot, required: false }",
    );
    await until("agent a has failed", () => outrider.status("a").standing === "failed");
    const { status, json } = await ask("/readyz");
    expect([status, json]).toEqual([
      503,
      {
        ready: false,
        agents: [
          { name: "a", standing: "failed", why: ["cannot reach amqp://user:***@mq.example"] },
          { name: "b", standing: "degraded", why: ["origin: no answer"] },
        ],
      },
    ]);
    await outrider.stopAgent("a");
    expect((await ask("/readyz")).status).toBe(503);
  });

  it("leave out of the vote who is not required", async () => {
    const { ask, outrider } = await api("agents:\n  a: { kind: parrot, required: false, fails: run }");
    await until("agent a has failed", () => outrider.status("a").standing === "failed");
    expect(await ask("/readyz")).toMatchObject({
      status: 200,
      json: { ready: true, agents: [{ name: "a" }] },
    });
  });

  it("control agents", async () => {
    const { post } = await api(one);
    expect((await post("/api/agents/a/stop")).json).toMatchObject({ name: "a", standing: "stopped" });
    expect((await post("/api/agents/a/start")).json).toMatchObject({ standing: "ready" });
    expect((await post("/api/agents/a/restart")).json).toMatchObject({ standing: "ready" });
    expect((await post("/api/agents/a/actions/say", { text: "x" })).json).toEqual({ result: { done: true } });
    expect((await post("/api/agents/a/actions/say_hi")).json).toEqual({ result: { done: true } });
  });

  it("reload, and say what that changed or what is wrong", async () => {
    const { post, source } = await api(one);
    source.text = "agents:\n  a: { kind: parrot, says: new }";
    expect((await post("/api/reload")).json).toMatchObject({ restarted: ["a"], kept: [] });
    source.text = "agents:\n  a: { kind: parrot, sayz: new }";
    expect(await post("/api/reload")).toMatchObject({
      status: 422,
      json: {
        error: {
          code: "config_invalid",
          mistakes: [{ at: "o.yaml:3:22", message: 'agents.a: unknown key "sayz" — did you mean "says"?' }],
        },
      },
    });
  });

  it.each<[string, string, unknown, number, string | undefined]>([
    ["GET", "/api/agents/x", undefined, 404, "agent_unknown"],
    ["POST", "/api/agents/x/stop", undefined, 404, "agent_unknown"],
    ["POST", "/api/agents/x/actions/say", {}, 404, "agent_unknown"],
    ["POST", "/api/agents/a/actions/sing", {}, 404, "action_unknown"],
    ["POST", "/api/agents/a/actions/say", {}, 400, "input_invalid"],
    ["POST", "/api/agents/a/actions/say", "{", 400, "input_invalid"],
    ["POST", "/api/agents/a/actions/say", "[]", 400, "input_invalid"],
    ["POST", "/api/agents/a/actions/say", "5", 400, "input_invalid"],
    ["POST", "/api/agents/a/actions/say", { text: "x".repeat(1_100_000) }, 413, undefined],
    ["POST", "/api/agents/a/actions/fall", {}, 500, undefined],
    ["GET", "/api/nothing", undefined, 404, undefined],
    ["DELETE", "/api/agents/a", undefined, 404, undefined],
    ["GET", "/", undefined, 404, undefined],
    ["GET", "/api/agents/%ff", undefined, 404, "agent_unknown"],
    ["GET", "/api/agents/__proto__", undefined, 404, "agent_unknown"],
    ["POST", "/api/agents/a/actions/constructor", {}, 404, "action_unknown"],
  ])("%s %s is refused with %s %i", async (method, path, body, status, code) => {
    const { ask } = await api(one);
    const { status: got, json } = await ask(path, { method, body });
    expect([got, json?.error?.code]).toEqual([status, code]);
    expect(json?.error?.message).toEqual(expect.any(String));
  });

  it("say that a stopped agent cannot be asked", async () => {
    const { post } = await api(one);
    await post("/api/agents/a/stop");
    expect(await post("/api/agents/a/actions/say_hi")).toMatchObject({
      status: 503,
      json: { error: { code: "connect_failed", remedy: expect.any(String) } },
    });
  });

  it("to a defect show no inside, but the log does", async () => {
    const { post, lines } = await api(one);
    expect((await post("/api/agents/a/actions/fall")).text).not.toContain("TypeError");
    expect(lines.find(({ message }) => message === "the admin API met a defect")?.level).toBe("error");
  });

  it("describe the kinds, with the schemas of configuration and actions", async () => {
    const { ask } = await api(one);
    const { json } = await ask("/api/kinds");
    expect(json.kinds[0]).toMatchObject({
      kind: "parrot",
      config: { properties: { says: { default: "hello" } } },
      actions: expect.arrayContaining([
        expect.objectContaining({ name: "say", input: expect.objectContaining({ required: ["text"] }) }),
      ]),
    });
  });

  it("are metrics too", async () => {
    const { ask } = await api("agents:\n  a: { kind: parrot }\n  b: { kind: parrot, fails: part }");
    const { text, headers } = await ask("/metrics");
    expect(headers.get("content-type")).toContain("text/plain");
    for (const line of [
      'outrider_agent_up{agent="a",kind="parrot"} 1',
      'outrider_agent_up{agent="b",kind="parrot"} 0.5',
      'outrider_part_up{agent="b",kind="parrot",part="origin"} 0',
      'outrider_problems_total{agent="b",kind="parrot",part="origin",code="timed_out"} 1',
      'outrider_agent_restarts_total{agent="a",kind="parrot"} 0',
      "process_cpu_seconds_total",
    ]) {
      expect(text).toContain(line);
    }
  });
});

describe("the description", () => {
  it("lists every route that there is", async () => {
    const { ask } = await api(one);
    const { json } = await ask("/api/openapi.json");
    const described = Object.entries(json.paths as Record<string, object>).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    const plain = ["get /metrics", "get /api/events", "get /api/openapi.json"];
    expect(described.toSorted()).toEqual(
      [...routes.map(({ method, path }) => `${method} ${path}`), ...plain].toSorted(),
    );
    for (const [path, methods] of Object.entries(json.paths as Record<string, Record<string, object>>)) {
      for (const method of Object.keys(methods)) {
        const asked = path.replace("{name}", "a").replace("{action}", "say_hi");
        if (path !== "/api/events")
          expect([path, (await ask(asked, { method: method.toUpperCase() })).status]).not.toContain(404);
      }
    }
  });

  it("says which routes need a token, and the parameters of each", async () => {
    const { ask } = await api(one);
    const { paths } = (await ask("/api/openapi.json")).json;
    expect(paths["/livez"].get.security).toBeUndefined();
    expect(paths["/api/agents/{name}/actions/{action}"].post).toMatchObject({
      security: [{ token: [] }],
      parameters: [{ name: "name" }, { name: "action" }],
      requestBody: expect.anything(),
    });
  });
});

describe("events", () => {
  it("tell the state of every agent, then each change, and end with the process", async () => {
    const port = await freePort();
    const { outrider, source } = await outriderOf(
      tidy,
      `admin: { listen: "127.0.0.1:${port}" }\nagents:\n  a: { kind: parrot }\n  b: { kind: parrot }`,
    );
    await outrider.start();
    await openAdmin(outrider);
    const socket = createConnection(port, "127.0.0.1");
    tidy.later(() => void socket.destroy());
    let received = "";
    socket.setEncoding("utf8").on("data", (chunk) => (received += chunk));
    socket.write("GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const events = () =>
      [...received.matchAll(/event: (\w+)\r?\ndata: (.*)/g)].map(([, event, data]) => {
        const { name, standing } = JSON.parse(data!);
        return `${event} ${name} ${standing}`;
      });
    await until("two events", () => events().length === 2);
    expect(events()).toEqual(["agent a ready", "agent b ready"]);
    await outrider.stopAgent("a");
    await until("told that a stopped", () => events().includes("agent a stopped"));
    source.text = source.text.replace("  a: { kind: parrot }\n", "");
    await outrider.reload();
    await until("told that a is gone", () => events().includes("gone a undefined"));
    const ended = once(socket, "end");
    const closed = outrider.close();
    expect(await settlesWithin(2_000, Promise.all([ended, closed]))).toBe(true);
  });

  it("are let go of when their reader leaves", async () => {
    const port = await freePort();
    const { outrider } = await outriderOf(
      tidy,
      `admin: { listen: "127.0.0.1:${port}" }\nagents:\n  a: { kind: parrot }`,
    );
    await outrider.start();
    await openAdmin(outrider);
    const watchers: (() => void)[] = [];
    const { watch } = outrider.supervisor;
    let watching = 0;
    outrider.supervisor.watch = (changed) => {
      const leave = watch.call(outrider.supervisor, changed);
      watching++;
      watchers.push(leave);
      return () => {
        watching--;
        leave();
      };
    };
    const socket = createConnection(port, "127.0.0.1").on("error", () => {});
    socket.write("GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await once(socket, "data");
    expect(watching).toBe(1);
    socket.destroy();
    await until("nobody watches any more", () => watching === 0);
  });
});

describe("the admin door", () => {
  it.each([
    ["without a body and without its length, as curl sends it", "\r\n", "HTTP/1.1 200"],
    ["with a body in pieces", "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", "HTTP/1.1 200"],
  ])("takes a POST %s", async (_what, rest, status) => {
    const port = await freePort();
    const { outrider } = await outriderOf(tidy, `admin: { listen: "127.0.0.1:${port}" }\n${one}`);
    await outrider.start();
    await openAdmin(outrider);
    const socket = createConnection(port, "127.0.0.1").setEncoding("utf8");
    tidy.later(() => void socket.destroy());
    socket.write(`POST /api/reload HTTP/1.1\r\nHost: localhost\r\n${rest}`);
    expect((await once(socket, "data"))[0]).toContain(status);
  });

  it("is not opened where the configuration says so, and is a problem where it is taken", async () => {
    const off = await outriderOf(tidy, "admin: false\nagents: {}");
    await off.outrider.start();
    expect(await openAdmin(off.outrider)).toBeUndefined();
    const port = await freePort();
    const text = `admin: { listen: "127.0.0.1:${port}" }\nagents: {}`;
    const [first, second] = [await outriderOf(tidy, text), await outriderOf(tidy, text)];
    await first.outrider.start();
    await openAdmin(first.outrider);
    await second.outrider.start();
    await expect(openAdmin(second.outrider)).rejects.toMatchObject({ code: "door_taken" });
  });
});
