import { once } from "node:events";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, createConnection } from "node:net";
import { join } from "node:path";
import { parse as parseYaml } from "yaml";
import { template } from "../../src/agents/_template/index.ts";
import { kinds } from "../../src/agents/kinds.ts";
import type { AdapterInput, AgentKind, Host } from "../../src/core/agent.ts";
import type { AgentSubject } from "../../src/laws/index.ts";
import { StandInFeatbit } from "../tools/featbit.ts";
import { secrets } from "../tools/featbit-data.ts";
import { household } from "../tools/household.ts";
import { StandInManager } from "../tools/manager.ts";
import { parrot } from "../tools/parrot.ts";
import { freePort } from "../tools/ports.ts";
import { SdkClient } from "../tools/sdk-client.ts";
import type { Tidy } from "../tools/tidy.ts";
import { until } from "../tools/until.ts";

/** Every kind there is, the template and the one of our tests included. */
export const all: readonly AgentKind[] = [...kinds, ...([template, parrot] as unknown as AgentKind[])];

type Setting = Pick<AgentSubject, "config" | "use" | "secrets" | "close">;

/** Ports that nobody uses now, one for each call. */
async function ports(): Promise<() => number> {
  const free = await Promise.all(Array.from({ length: 5 }, freePort));
  return () => free.pop()!;
}

async function ask(port: number, text: string): Promise<string> {
  const socket = createConnection(port, "127.0.0.1").on("error", () => {});
  let answer = "";
  socket.setEncoding("latin1").on("data", (chunk) => (answer += chunk));
  socket.write(text);
  const closed = once(socket, "close");
  await until("an answer", () => answer !== "");
  socket.destroy();
  await closed;
  return answer;
}

function celeryEvent(uuid: string): string {
  const common = { hostname: "w@h", utcoffset: 0, pid: 1, clock: 1, timestamp: 1.5 };
  return JSON.stringify({ type: "task-started", uuid, ...common });
}

/** A backend that takes everything but what is bad, and gives tokens to whoever asks. */
async function httpStub(): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    request.resume().once("end", () => {
      response.writeHead(request.url === "/bad" ? 400 : 200, { "content-type": "application/json" });
      response.end('{"ok":true,"access_token":"canary-access","token_type":"Bearer"}');
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Most of what an agent of the kind `queue` can be told. */
function queueConfig(port: number, url: string, script: string): Record<string, unknown> {
  return {
    listen: `127.0.0.1:${port}`,
    from: { inbox: { path: "/orders", token: "canary-inbox" } },
    to: [
      {
        http: { url, path: "/{routing_key}", headers: { "X-Id": "{id}" } },
        answer: { allow: ["ok"] },
        oauth: { token_url: `${url}/token`, client_id: "me", client_secret: "canary-client" },
        breaker: { errors: 3 },
        rate: { times: 1_000 },
        lua: { pre: "request.load():headers('X-Lua', 'yes')" },
        cel: ["resp_data.ok"],
      },
      { amqp: { url: "amqp://u:canary-url@127.0.0.1:1/", routing_key: "{routing_key}" }, shadow: {} },
    ],
    filter: "event.routing_key != 'unwanted'",
    dedupe: {},
    transform: '{ "id": id, "n": n + 1 }',
    schema: { type: "object", required: ["id"] },
    module: { path: script },
    lane: "{body.id}",
    workers: 3,
    max_rate: 1_000,
    retry: { times: 1, first: "10ms" },
    rejected: { http: { url: `${url}/rejected`, token: "canary-rejected" } },
  };
}

/** How each kind is put on trial: a configuration that uses most of it, and some work. A kind without one fails. */
export const settings: Record<string, (folder: string) => Promise<Setting>> = {
  celery: async (folder) => {
    const port = await ports();
    let number = 0;
    return {
      secrets: ["canary"],
      config: () => {
        const path = join(folder, `events-${++number}.ndjson`);
        writeFileSync(path, `${celeryEvent("a")}\nnonsense\n[${celeryEvent("b")},${celeryEvent("c")}]\n`);
        const file = { file: { path: join(folder, `documents-${number}.ndjson`) } };
        const batch = { window: "10ms" };
        return {
          listen: `127.0.0.1:${port()}`,
          subscriptions: {
            token: "canary",
            fixed: {
              read: { from: { file: { path, follow: true } }, to: file, batch },
            },
          },
        };
      },
      use: async (agent) => {
        interface Inspected {
          readonly subscriptions: { readonly read?: { readonly posted_events: number } };
        }
        await until(
          "all events are carried",
          () => (agent.inspect!() as Inspected).subscriptions.read?.posted_events === 3,
        );
      },
    };
  },
  flags: async (folder) => {
    const port = await ports();
    const server = await StandInFeatbit.start(undefined);
    const clients: SdkClient[] = [];
    let asked = 0;
    return {
      secrets: [server.key, "canary-admin", "canary-salt", secrets.prod.server, secrets.prod.client],
      config: () => {
        asked = port();
        return {
          listen: `127.0.0.1:${asked}`,
          key: "canary-admin",
          from: { featbit: { url: server.url, key: server.key, agent: `law-${asked}` } },
          insights: {
            to: { featbit: { url: server.url.replace("ws", "http") } },
            anonymise: { user: "hmac", salt: "canary-salt" },
            batch: { window: "50ms" },
          },
          backup: join(folder, `backup-${asked}.json`),
        };
      },
      use: async () => {
        const base = `http://127.0.0.1:${asked}`;
        const sdk = await SdkClient.open({ later() {} }, base, { secret: secrets.prod.server });
        clients.push(sdk);
        await sdk.sync(0);
        const body = JSON.stringify([{ user: { keyId: "u" }, metrics: [{ eventName: "e" }] }]);
        const headers = { authorization: secrets.prod.server, connection: "close" };
        await fetch(`${base}/api/public/insight/track`, { method: "POST", headers, body });
      },
      close: async () => {
        for (const { ws } of clients) ws.terminate();
        await server.stop().catch(() => {});
      },
    };
  },
  haproxy: async (folder) => {
    const port = await ports();
    let asked = 0;
    return {
      config: () => {
        asked = port();
        const state = join(folder, `state-${asked}.json`);
        writeFileSync(state, '{"status":"UP","weight":50}');
        return {
          listen: `127.0.0.1:${asked}`,
          mode: "complete",
          from: { file: { path: state, watch: true } },
          http: true,
          services: { other: {}, voted: { votes: { file: [{ path: state, every: "100ms" }] } } },
          weight: { inputs: { load: {}, loop: {} }, every: "100ms" },
        };
      },
      use: async () => {
        await ask(asked, "other\n");
      },
    };
  },
  redirects: async (folder) => {
    const port = await ports();
    const manager = await StandInManager.start({
      token: "canary",
      redirects: [{ type: "BASIC", source: "/old", target: "/new", status: "MOVED_PERMANENT" }],
    });
    let asked = 0;
    return {
      secrets: ["canary"],
      config: () => {
        asked = port();
        const extra = join(folder, `extra-${asked}.yaml`);
        writeFileSync(extra, "redirects: [{ source: /local, target: /elsewhere }]\n");
        const flecto = { url: manager.url, namespace: "n", project: "p", token: "canary", every: "100ms" };
        return { listen: `127.0.0.1:${asked}`, from: { flecto }, extra, upstream: "http://127.0.0.1:1" };
      },
      use: async () => {
        for (const path of ["/local", "/old", "/none"]) {
          await ask(asked, `GET ${path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`);
        }
      },
      close: () => manager.stop().catch(() => {}),
    };
  },
  queue: async (folder) => {
    const port = await ports();
    const backend = await httpStub();
    const script = join(folder, "module.mjs");
    writeFileSync(
      script,
      "export const request = ({ headers }) => ({ headers: { ...headers, 'X-Seen': 'yes' } });",
    );
    let asked = 0;
    return {
      secrets: ["canary"],
      config: () => {
        asked = port();
        return queueConfig(asked, backend.url, script);
      },
      use: async () => {
        for (const path of ["/orders/new", "/orders/unwanted", "/orders/bad", "/elsewhere"]) {
          const body = `{"id":"${path}","n":1}`;
          const head = `POST ${path} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer canary-inbox\r\nconnection: close`;
          await ask(asked, `${head}\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
        }
      },
      close: () => backend.close(),
    };
  },
  template: async (folder) => {
    let number = 0;
    let out = "";
    return {
      config: () => {
        const path = join(folder, `in-${++number}.ndjson`);
        out = join(folder, `out-${number}.ndjson`);
        writeFileSync(path, '{"n":1}\nnonsense\n{"n":2}\n');
        return {
          from: { file: { path, follow: true } },
          to: { file: { path: out } },
          batch: { window: "10ms" },
        };
      },
      use: async (agent) => {
        appendFileSync(out.replace("out-", "in-"), '{"n":3}\n');
        await until(
          "all items are carried",
          () => (agent.inspect?.() as { carried: number } | undefined)?.carried === 3,
        );
      },
    };
  },
  parrot: async () => {
    const port = await ports();
    let asked = 0;
    return {
      secrets: ["canary"],
      config: () => {
        asked = port();
        return { listen: `127.0.0.1:${asked}`, says: "hi" };
      },
      use: async () => {
        await ask(asked, "GET / HTTP/1.1\r\nhost: a\r\n\r\n");
      },
    };
  },
};

/** A kind on trial, in a household of its own. */
export async function subjectOf(tidy: Tidy, kind: AgentKind): Promise<AgentSubject> {
  const setting = settings[kind.kind];
  if (!setting) throw new Error(`the kind "${kind.kind}" has no setting: add one to test/laws/settings.ts`);
  const { folder, host, close } = await household(tidy, kind.kind);
  const { close: closeSetting, ...given } = await setting(folder);
  const closeAll = async () => {
    await close();
    await closeSetting?.();
  };
  return { kind, ...given, host: (name): Host => host(name), close: closeAll };
}

/** What each adapter is given: inputs of its peer, with notes where it can make any, and what the peer refuses. */
export const adapterInputs: Record<string, { inputs: AdapterInput[]; refused?: AdapterInput[] }> = {
  leek: {
    inputs: [
      {
        env: {
          LEEK_AGENT_SUBSCRIPTIONS: JSON.stringify([
            {
              broker: "amqp://mon:pw@rabbit:5672//",
              broker_management_url: "http://rabbit:15672",
              backend: null,
              exchange: "celeryev",
              queue: "leek.fanout",
              routing_key: "#",
              org_name: "mono",
              app_name: "shop",
              app_env: "prod",
              colour: "red",
            },
            {
              broker: "sentinel://:pw@one:26379/3;sentinel://two:26379",
              broker_management_url: "-",
              exchange: "celeryev",
              queue: "leek.fanout",
              routing_key: "#",
              org_name: "example.com",
              app_name: "shop",
              app_env: "qa",
              app_key: "app-KEY",
              api_url: "https://leek.example.com",
              prefetch_count: "2000",
              concurrency_pool_size: 4,
              transport_options: { master_name: "mymaster", sentinel_kwargs: { password: "pw" } },
            },
            { broker: "kafka://h", app_name: "Bad", app_env: "prod" },
          ]),
        },
      },
      { env: { LEEK_ENABLE_AGENT: "TRUE", LEEK_ENABLE_API: "true", LEEK_AGENT_API_SECRET: "s" } },
    ],
    refused: [
      { env: { LEEK_AGENT_SUBSCRIPTIONS: "[{" } },
      { env: { LEEK_AGENT_SUBSCRIPTIONS: "{}" } },
      { env: { LEEK_AGENT_SUBSCRIPTIONS: '[{"broker":"amqp://h"}]' } },
      { env: { LEEK_ENABLE_AGENT: "true", LEEK_ENABLE_API: "true" } },
    ],
  },
  hapgent: {
    inputs: [
      { env: {} },
      {
        env: { HAPGENT_IP: "::", HAPGENT_PORT: "+9_777", HAPGENT_STATE_FILE: "/tmp/state.json", OTHER: "x" },
      },
    ],
    refused: [{ env: { HAPGENT_PORT: "70000" } }, { env: { HAPGENT_IP: "localhost" } }],
  },
  flecto: {
    inputs: [
      {
        env: {},
        document: {
          manager_url: "http://manager:8080/",
          namespace_code: "n",
          project_code: "p",
          token_jwt: "t",
          interval_check: "1m30s",
          debug: "true",
        },
      },
      {
        env: {},
        document: {
          http: {
            middlewares: {
              shop: {
                plugin: {
                  flecto: {
                    manager_url: "http://manager:8080",
                    namespace_code: "n",
                    token_jwt: "t",
                    agent_name: "edge-1",
                    host_configs: [{ hosts: "a.example, b.example", project_code: "p" }],
                  },
                },
              },
            },
          },
        },
      },
    ],
    refused: [
      { env: {} },
      { env: {}, document: { manager_url: "http://manager:8080" } },
      {
        env: {},
        document: { manager_url: "http://m", namespace_code: "n", project_code: "p", token_jwt: "" },
      },
    ],
  },
  krakend: {
    inputs: ["seed-page.in.json", "current.in.yaml", "everything.in.yaml"].map((name) => ({
      env: { KRAKEND_PORT: "9000", KRAKEND_TIMEOUT: "3s", FC_ENABLE: "1", FC_OUT: "/tmp/out.json" },
      document: parseYaml(readFileSync(join(import.meta.dirname, "../peers/krakend/adapt", name), "utf8")),
    })),
    refused: [
      { env: {} },
      { env: {}, document: { version: 2, async_agent: [] } },
      { env: {}, document: { version: 3, async_agent: [] } },
      { env: {}, document: { version: 3, async_agent: [{ backend: [{ url_pattern: "/" }] }] } },
    ],
  },
  featbit: {
    inputs: [
      {
        env: {
          ApiKey: "rp-key",
          AgentId: "eu-1",
          StreamingUri: "ws://server:5100/",
          EventUri: "http://server:5100",
          Streaming__TrackClientHostName: "true",
          ASPNETCORE_URLS: "http://+:6100;http://+:6101",
        },
      },
      { env: { MODE: "manual", APIKEY: "rp-key" } },
      {
        env: {},
        document: {
          Mode: "auto",
          ApiKey: "k",
          AgentId: "a",
          StreamingUri: "wss://s",
          Cors: { AllowedMethods: "GET" },
        },
      },
    ],
    refused: [
      { env: {} },
      { env: { ApiKey: "k", Mode: "Auto" } },
      { env: { ApiKey: "k", AgentId: "a", StreamingUri: "server" } },
    ],
  },
  "template-peer": {
    inputs: [{ env: { TEMPLATE_IN: "/in", TEMPLATE_OUT: "/out", TEMPLATE_COLOUR: "red" } }],
    refused: [{ env: {} }],
  },
};
