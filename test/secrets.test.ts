import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { kinds } from "../src/agents/kinds.ts";
import { openAdmin } from "../src/runtime/admin/door.ts";
import { folder } from "./tools/folder.ts";
import { outriderOf } from "./tools/in-process.ts";
import { runOutrider, startOutrider } from "./tools/outrider.ts";
import { freePort } from "./tools/ports.ts";
import { Tidy } from "./tools/tidy.ts";
import { until } from "./tools/until.ts";

const tidy = new Tidy();

/** Every answer of the admin API: each route, with every agent and every action. */
async function everyAnswer(
  port: number,
  token: string,
  agents: Record<string, readonly string[]>,
): Promise<string[]> {
  const base = `http://127.0.0.1:${port}`;
  const headers = { authorization: `Bearer ${token}` };
  const { paths } = (await (await fetch(`${base}/api/openapi.json`, { headers })).json()) as {
    paths: Record<string, Record<string, object>>;
  };
  const asked: Promise<string>[] = [];
  for (const [path, methods] of Object.entries(paths)) {
    if (path === "/api/events") continue;
    for (const method of Object.keys(methods)) {
      for (const [agent, actions] of Object.entries(agents)) {
        for (const action of actions) {
          const url = `${base}${path.replace("{name}", agent).replace("{action}", action)}`;
          asked.push(fetch(url, { method: method.toUpperCase(), headers }).then((answer) => answer.text()));
        }
      }
    }
  }
  return Promise.all(asked);
}

/** The first events that a reader gets. */
async function events(port: number, token: string): Promise<string> {
  const socket = createConnection(port, "127.0.0.1");
  tidy.later(() => void socket.destroy());
  socket.write(`GET /api/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n\r\n`);
  let received = "";
  socket.setEncoding("utf8").on("data", (chunk) => (received += chunk));
  await once(socket, "connect");
  await until("the first event", () => received.includes("event: agent"));
  return received;
}

describe("a secret", () => {
  it("is in no answer, metric, event or log line, whatever the agents tell", async () => {
    const port = await freePort();
    const { outrider, source, lines } = await outriderOf(
      tidy,
      `
admin: { listen: "127.0.0.1:${port}", token: canary-admin }
agents:
  a: { kind: parrot, token: canary-token, says: "amqp://u:canary-url@h/x" }
  b: { kind: parrot, token: canary-token, fails: run }
  c: { kind: parrot, token: canary-token, fails: part }`,
    );
    await outrider.start();
    await openAdmin(outrider);
    await until("agent b has failed", () => outrider.status("b").standing === "failed");
    const actions = ["say", "say_hi", "tell", "fall", "none"];
    const shown = [
      ...(await everyAnswer(port, "canary-admin", { a: actions, b: actions, c: actions, none: actions })),
      await events(port, "canary-admin"),
      JSON.stringify(lines),
    ];
    source.text = source.text.replace("kind: parrot, token", "kind: parrot, sayz: x, token");
    const refused = await fetch(`http://127.0.0.1:${port}/api/reload`, {
      method: "POST",
      headers: { authorization: "Bearer canary-admin" },
    });
    shown.push(await refused.text(), await (await fetch(`http://127.0.0.1:${port}/api/agents`)).text());
    expect(shown.length).toBeGreaterThan(100);
    expect(shown.filter((text) => text.includes("canary"))).toEqual([]);
    expect(shown.join()).toContain("u:***@h");
  });

  it("of a queue is nowhere either", async () => {
    const [port, inbox, nobody] = [await freePort(), await freePort(), await freePort()];
    const { outrider, lines } = await outriderOf(
      tidy,
      `
admin: { listen: "127.0.0.1:${port}", token: canary-admin }
agents:
  posted:
    kind: queue
    listen: "127.0.0.1:${inbox}"
    from: { inbox: { token: canary-inbox } }
    to:
      - http:
          url: "http://u:canary-http@127.0.0.1:${nobody}"
          path: /hook?shop=seen&api_key=canary-query
          headers: { Authorization: "Bearer canary-header", X-Api-Key: canary-key, X-Shop: seen }
        oauth:
          token_url: "http://u:canary-token@127.0.0.1:${nobody}/"
          client_id: me
          client_secret: canary-client
          params: { password: [canary-params] }
        martian: { header.Modifier: { scope: [request], name: X-Token, value: canary-martian } }
      - lambda: { function: f, region: eu, key: k, secret: canary-lambda, endpoint: "http://127.0.0.1:${nobody}" }
      - amqp: { url: "amqp://u:canary-target@127.0.0.1:${nobody}/" }
    retry: { times: 0 }
    rejected: { http: { url: "http://u:canary-url@127.0.0.1:${nobody}/", token: canary-rejected } }
  taken:
    kind: queue
    from:
      amqp: { url: "amqps://u:canary-source@127.0.0.1:${nobody}/", queue: q, tls: { passphrase: canary-pass } }
    to: [{ http: { url: "http://127.0.0.1:${nobody}/hook?key=canary-hook" } }]
    rejected: { amqp: { url: "amqp://u:canary-dead@127.0.0.1:${nobody}/" } }
    dedupe: { redis: { url: "redis://u:canary-redis@127.0.0.1:${nobody}/" } }`,
      kinds,
    );
    await outrider.start();
    await openAdmin(outrider);
    const post = (token: string) =>
      fetch(`http://127.0.0.1:${inbox}/`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}` },
        body: "{}",
        signal: AbortSignal.timeout(1_000),
      }).then((answer) => answer.text(), String);
    const told = [await post("wrong"), await post("canary-inbox")];
    await until("the event could not be set aside", () => JSON.stringify(lines).includes("rejected"));
    const actions = ["pause", "resume", "replay"];
    const shown = [
      ...told,
      ...(await everyAnswer(port, "canary-admin", { posted: actions, taken: actions })),
      await events(port, "canary-admin"),
      JSON.stringify(lines),
    ];
    expect(shown.filter((text) => text.includes("canary"))).toEqual([]);
    expect(shown.join()).toContain("u:***@127.0.0.1");
    expect(shown.join()).toContain('"X-Shop":"seen"');
    expect(shown.join()).toContain("/hook?shop=seen&api_key=***");
  });

  it("is in nothing that the process prints, nor in what its commands do", async () => {
    const path = await folder(tidy);
    const [admin, listen] = [await freePort(), await freePort()];
    const config = join(path, "outrider.yaml");
    writeFileSync(join(path, "token"), "canary-file\n");
    writeFileSync(
      config,
      `admin: { listen: "127.0.0.1:${admin}", token: "\${file:${path}/token}" }
state: { dir: "${path}/state" }
log: { level: debug }
agents:
  web:
    kind: haproxy
    listen: "127.0.0.1:${listen}"
    votes: { http: [{ url: "http://u:\${PASSWORD}@127.0.0.1:1/", every: 100ms }] }
`,
    );
    const env = { PASSWORD: "canary-env" };
    const run = await startOutrider(tidy, { args: ["run", config], env });
    await run.says("outrider is running");
    await run.says("state changed");
    const commands = [
      ["check", config],
      ["status", "--json", "--config", config],
      ["status", "--config", config],
      ["call", "web", "--config", config],
      ["call", "web", "down", "reason=x", "--config", config],
      ["schema"],
      ["probe", config],
    ].map((args) => runOutrider(tidy, { args, env }));
    const ran = await Promise.all(commands);
    const shown = [
      ...(await everyAnswer(admin, "canary-file", { web: ["up", "down", "set", "override"] })),
      await events(admin, "canary-file"),
    ];
    await run.stop();
    shown.push(...[run, ...ran].map(({ printed }) => printed));
    expect(shown.filter((text) => text.includes("canary")).map(around)).toEqual([]);
    expect(ran[2]?.stdout).toContain("web");
  });
});

/** Where a secret is shown, with what stands around it: some of what is printed is one very long line. */
function around(text: string): string {
  const at = text.indexOf("canary");
  return text.slice(Math.max(0, at - 100), at + 100);
}
