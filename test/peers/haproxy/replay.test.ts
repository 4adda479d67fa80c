import type { Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { beforeAll, expect, test } from "vitest";
import { type Server, startHaproxy } from "../../tools/haproxy.ts";
import { describeWith } from "../../tools/needs.ts";
import { serve } from "../../tools/ports.ts";
import { Tidy } from "../../tools/tidy.ts";
import { until } from "../../tools/until.ts";
import { BASELINE, bytesOf, expected, type ReplyVector, recorded, type ScriptedReply } from "./recorded.ts";

/** Groups in which what an operator, a health check or the network does has no part. */
const GROUPS = [
  "operational",
  "administrative",
  "sequence",
  "weight",
  "weight-initial",
  "weight-static",
  "weight-absolute",
  "maxconn",
  "framing",
  "description",
  "combination",
  "unknown-words",
  "first-contact",
  "hapgent-shape",
];
/** What of a server's configuration we know how to write down. */
const KNOWN = ["weight", "balance", "srv"];

const cases = recorded.vectors.filter(
  ({ group, racy, reply, server = {} }) =>
    GROUPS.includes(group) &&
    racy === undefined &&
    typeof reply !== "string" &&
    Object.keys(server).every((key) => KNOWN.includes(key)),
);

/** Each earlier reply is given twice, the one in question three times, as when it was recorded. */
const CHECKS_BEFORE = 2;
const CHECKS = 3;

/** An agent that does what a vector says. `done` turns true when the last check that counts is over. */
interface Scripted {
  readonly port: number;
  done(): boolean;
}

async function scripted(tidy: Tidy, { replies_before = [BASELINE], reply }: ReplyVector): Promise<Scripted> {
  const before = replies_before.flatMap((send) => Array<string>(CHECKS_BEFORE).fill(send));
  let checks = 0;
  const port = await serve(tidy, (socket) => {
    socket.resume().on("end", () => socket.end());
    const earlier = before[checks++];
    if (earlier === undefined) void play(socket, reply as ScriptedReply);
    else socket.end(bytesOf(earlier));
  });
  return { port, done: () => checks > before.length + CHECKS };
}

async function play(socket: Socket, { send = "", send_parts, then }: ScriptedReply): Promise<void> {
  if (send_parts) {
    for (const { wait_ms, bytes } of send_parts) {
      await pause(wait_ms);
      socket.write(bytesOf(bytes));
    }
  } else socket.write(bytesOf(send));
  if (!then.startsWith("keep open")) socket.end();
}

function section(id: string, { server = {} }: ReplyVector, port: number): string {
  const { balance = "roundrobin", weight = 100, srv = "" } = server;
  const agent = `agent-check agent-addr 127.0.0.1 agent-port ${port} agent-inter 300ms`;
  return `backend ${id}
    balance ${balance}
    option log-health-checks
    server s1 127.0.0.1:1 weight ${weight} maxconn 50 ${srv} ${agent}`;
}

function shown(server: Server | undefined): object {
  const { op, admin, uweight, maxconn, agentStatus, lastAgent } = server ?? ({} as Partial<Server>);
  return {
    op_state: op,
    admin_state: admin,
    uweight,
    maxconn,
    agent_status: agentStatus,
    last_agt: lastAgent,
  };
}

describeWith("haproxy")("every recorded answer, given to the HAProxy that is installed", () => {
  const tidy = new Tidy("all");
  let servers = new Map<string, Server>();
  let version = "";

  beforeAll(async () => {
    const agents = await Promise.all(cases.map((vector) => scripted(tidy, vector)));
    const sections = cases.map((vector, at) => section(vector.id, vector, agents[at]!.port));
    const haproxy = await startHaproxy(tidy, sections.join("\n"));
    version = await haproxy.version();
    await until("all is said", () => agents.every((agent) => agent.done()), { within: 30_000 });
    servers = await haproxy.atRest();
  });

  test.each(cases)("$id: $reply.send", (vector) => {
    expect(shown(servers.get(`${vector.id}/s1`))).toEqual(expected(vector, version));
  });
});
