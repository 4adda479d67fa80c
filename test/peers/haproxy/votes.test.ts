import { rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createPlain, type Socket } from "node:net";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { folder } from "../../tools/folder.ts";
import { type OutriderProcess, startOutrider } from "../../tools/outrider.ts";
import { freePort, serve } from "../../tools/ports.ts";
import { answerOf } from "../../tools/tcp.ts";
import { Tidy } from "../../tools/tidy.ts";
import { until } from "../../tools/until.ts";

const tidy = new Tidy("all");
const quick = { every: "100ms", rise: 1, fall: 1 };

let outrider: OutriderProcess;
let files: string;
let status = 200;
const plain = createPlain((socket) => socket.destroy());
let plainPort = 0;
const close = () => new Promise((resolve) => plain.close(resolve));
const ports: Record<string, number> = {};

beforeAll(async () => {
  files = await folder(tidy);
  const web = createServer((_, response) => response.writeHead(status).end());
  const port = await serve(tidy, (socket: Socket) => web.emit("connection", socket));
  plainPort = await freePort();
  await new Promise<void>((resolve) => plain.listen(plainPort, "127.0.0.1", resolve));
  tidy.later(async () => void (await close()));
  for (const name of ["command", "file"]) writeFileSync(join(files, name), "");
  const listen = "127.0.0.1:0";
  const agent = (votes: object) => ({ kind: "haproxy", listen, votes });
  const agents = {
    http: agent({ http: [{ ...quick, url: `http://127.0.0.1:${port}/health` }] }),
    tcp: agent({ tcp: [{ ...quick, address: `127.0.0.1:${plainPort}`, asks: "drain" }] }),
    dead: agent({ tcp: [{ address: `127.0.0.1:${await freePort()}` }] }),
    command: agent({
      command: [
        {
          ...quick,
          run: ["sh", "-c", 'test -e "$0" || { echo no licence; exit 1; }', join(files, "command")],
        },
      ],
    }),
    file: agent({ file: [{ ...quick, path: join(files, "file") }] }),
    follower: agent({ agents: ["leader"] }),
    leader: { kind: "haproxy", listen },
  };
  outrider = await startOutrider(tidy, { config: { admin: { listen }, agents } });
  for (const name of Object.keys(agents)) ports[name] = await outrider.port(name);
});

/** Waits until an agent's answer matches. */
const says = (agent: string, wanted: string | RegExp) =>
  until(`${agent} says ${wanted}`, async () => {
    const answer = await answerOf(ports[agent]!);
    return typeof wanted === "string" ? answer === wanted : wanted.test(answer);
  });

describe("votes take a serving state away and give it back, with the reason in the answer", () => {
  test("http", async () => {
    await says("http", "up 100%\n");
    status = 503;
    await says("http", /^down 100% #http:\/\/127\.0\.0\.1:\d+\/health answered 503\n$/);
    status = 200;
    await says("http", "up 100%\n");
  });

  test("tcp, asking for a drain, which ends with `ready`", async () => {
    await says("tcp", "up 100%\n");
    await close();
    await says("tcp", /^up drain 100% #127\.0\.0\.1:\d+: ECONNREFUSED\n$/);
    await new Promise<void>((resolve) => plain.listen(plainPort, "127.0.0.1", resolve));
    await says("tcp", "up ready 100%\n");
  });

  test("a server that is down from the start is never offered", async () => {
    expect(await answerOf(ports["dead"]!)).toMatch(/^down 100% #127\.0\.0\.1:\d+: ECONNREFUSED\n$/);
    const states = outrider.lines.filter(({ agent, msg }) => agent === "dead" && msg === "state changed");
    const door = outrider.lines.findIndex(
      ({ agent, msg }) => agent === "dead" && msg === "answering agent checks",
    );
    expect(outrider.lines.indexOf(states.at(-1)!)).toBeLessThan(door);
  });

  test("command: the last line it prints is the reason", async () => {
    await says("command", "up 100%\n");
    rmSync(join(files, "command"));
    await says("command", "down 100% #no licence\n");
    writeFileSync(join(files, "command"), "");
    await says("command", "up 100%\n");
  });

  test("file", async () => {
    await says("file", "up 100%\n");
    rmSync(join(files, "file"));
    await says("file", `down 100% #${join(files, "file")} is missing\n`);
    writeFileSync(join(files, "file"), "");
    await says("file", "up 100%\n");
  });

  test("another agent of the process", async () => {
    await says("follower", "up 100%\n");
    await outrider.api("/api/agents/leader/stop", {});
    await says("follower", "down 100% #leader is stopped\n");
    await outrider.api("/api/agents/leader/start", {});
    await says("follower", "up 100%\n");
  });

  test("the votes are there to be looked at", async () => {
    const { inspect } = await outrider.api<{ inspect: { services: { votes: object[] }[] } }>(
      "/api/agents/dead",
    );
    expect(inspect.services[0]?.votes).toEqual([
      {
        name: expect.stringMatching(/^tcp 127\.0\.0\.1:\d+$/),
        good: false,
        reason: expect.stringContaining("ECONNREFUSED"),
        since: expect.any(Number),
      },
    ]);
  });

  test("an agent that does not exist is a mistake in the configuration", async () => {
    const agents = { web: { kind: "haproxy", listen: "127.0.0.1:0", votes: { agents: ["wbe"] } } };
    const refused = await startOutrider(tidy, { config: { admin: false, agents } });
    expect((await refused.ended).status).toBe(78);
    expect(refused.stderr).toContain('there is no agent "wbe"');
  });
});
