// What the benches of flags share: a server, a relay that follows it, a bare `ws` broadcast loop, and thousands of SDKs.
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { WebSocketServer } from "ws";
import { makeToken } from "../dist/agents/flags/token.js";
import { folder, freePort, root, SERVER_CORE, start } from "./tools.mjs";

const ENV = "5d1c0f6e-8b7a-4c3d-9e2f-1a2b3c4d5e6f";
export const SERVER_SECRET = "UkqPCxNtfE6KlcLR4POktgbg8cXXqLPUyeLxorPE1ebw";
export const CLIENT_SECRET = "xebXk0orGE-cDXprXE0-Lwbg8cXXqLPUyeLxorPE1ebw";

/** Flags as large as people's: a few rules, targets and texts. */
export function flagsOf(count, bytes = 1_700) {
  return Array.from({ length: count }, (_, i) => flagOf(i, Date.now() - 60_000, bytes));
}

export function flagOf(i, at = Date.now(), bytes = 1_700) {
  const on = { id: "on", name: "on", value: "true" };
  const off = { id: "off", name: "off", value: "false" };
  const half = { dispatchKey: null, includedInExpt: false };
  const condition = { id: "c", property: "country", op: "IsOneOf", value: '["fr","de","es"]' };
  const flag = {
    id: `00000000-0000-4000-8000-${String(i).padStart(12, "0")}`,
    envId: ENV,
    key: `flag-${i}`,
    variationType: "boolean",
    variations: [on, off],
    targetUsers: [{ keyIds: ["ada", "grace"], variationId: "on" }],
    rules: [
      {
        id: "r",
        name: "EU",
        ...half,
        conditions: [condition],
        variations: [{ id: "on", rollout: [0, 1], exptRollout: 1 }],
      },
    ],
    isEnabled: true,
    disabledVariationId: "off",
    fallthrough: {
      ...half,
      variations: [
        { id: "on", rollout: [0, 0.5], exptRollout: 1 },
        { id: "off", rollout: [0.5, 1], exptRollout: 1 },
      ],
    },
    exptIncludeAllTargets: false,
    tags: [],
    isArchived: false,
    updatedAt: new Date(at).toISOString(),
    description: "",
  };
  return { ...flag, description: "x".repeat(Math.max(0, bytes - JSON.stringify(flag).length)) };
}

export function dumpOf(featureFlags) {
  const words = { projectKey: "p", envId: ENV, envKey: "e" };
  const secrets = [
    { type: "server", ...words, value: SERVER_SECRET },
    { type: "client", ...words, value: CLIENT_SECRET },
  ];
  return { eventType: "rp_full", items: [{ envId: ENV, secrets, featureFlags, segments: [] }] };
}

/** A FeatBit server as far as an agent knows it, in this process: it tells everything once, and then what changes. */
export async function upstream(featureFlags) {
  const server = createServer((_, response) => response.end("bench"));
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  sockets.on("connection", (socket) =>
    socket.on("message", (text) => {
      const { messageType } = JSON.parse(text);
      const data = dumpOf(featureFlags);
      if (messageType === "data-sync") socket.send(JSON.stringify({ messageType, data }));
      else socket.send('{"messageType":"pong","data":{}}');
    }),
  );
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `ws://127.0.0.1:${server.address().port}`,
    change: (flag) => {
      const data = { eventType: "patch", featureFlags: [flag], segments: [] };
      const text = JSON.stringify({ messageType: "data-sync", data });
      for (const socket of sockets.clients) socket.send(text);
    },
    close: () => {
      for (const socket of sockets.clients) socket.terminate();
      server.close();
    },
  };
}

/** A relay on the server's core, which follows a server; it has its flags when this resolves. */
export async function relay(url) {
  const [dir, port] = [folder(), await freePort()];
  const config = join(dir, "outrider.yaml");
  writeFileSync(
    config,
    `admin: false\nstate: { dir: ${dir}/state }\nlog: { format: json }\nagents:
  flags: { kind: flags, listen: "127.0.0.1:${port}", from: { featbit: { url: "${url}", key: bench, agent: bench } },
           drain: 0s, token_expiry: 0s }\n`,
  );
  const args = ["--expose-gc", join(root, "dist/cli.js"), "run", config];
  const child = await start(SERVER_CORE, process.execPath, args, /serving flags/);
  const isReady = async () =>
    (await (await fetch(`http://127.0.0.1:${port}/health/readiness`)).text()) === "Healthy";
  while (!(await isReady())) await new Promise((resolve) => setTimeout(resolve, 20));
  return { child, port };
}

/** The least that could do the same: one message for every sync, and a loop over all clients for what a server says. */
export async function bareLoop(featureFlags, url) {
  const port = await freePort();
  const full = JSON.stringify({
    messageType: "data-sync",
    data: { eventType: "full", featureFlags, segments: [] },
  });
  const file = join(folder(), "full.json");
  writeFileSync(file, full);
  const program = `
    const { WebSocket, WebSocketServer } = require("ws");
    const full = require("node:fs").readFileSync(${JSON.stringify(file)}, "utf8");
    const server = require("node:http").createServer();
    const sockets = new WebSocketServer({ server, perMessageDeflate: false });
    sockets.on("connection", (socket) => socket.on("message", () => socket.send(full)));
    new WebSocket(${JSON.stringify(url)}).on("message", (data) => {
      const text = data.toString();
      for (const client of sockets.clients) client.send(text);
    });
    server.listen({ port: ${port}, host: "127.0.0.1", backlog: 4096 }, () => console.log("ready"));`;
  const child = await start(SERVER_CORE, process.execPath, ["-e", program], /ready/, { cwd: root });
  return { child, port };
}

/** Resident memory of a process in bytes. */
export function resident({ pid }) {
  // `taskset` replaces itself by the program, so the pid is the program's.
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) * 1_024;
}

/** CPU time of a process in milliseconds. */
export function cpu({ pid }) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

const question = masked('{"messageType":"data-sync","data":{"timestamp":0}}');

/** A client's frame, masked with zeroes, which leaves the text as it is. */
function masked(text) {
  const payload = Buffer.from(text);
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}

const PONG = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);

/** One SDK in the cheapest form: it asks for everything once, and counts whole frames. */
export class Sdk {
  frames = 0;
  #left = 0;
  #head = Buffer.alloc(0);
  #upgraded = false;

  constructor(port, heard) {
    this.heard = heard;
    this.socket = connect(port, "127.0.0.1");
    this.socket.setNoDelay(true);
    this.socket.write(
      `GET /streaming?type=server&token=${makeToken(SERVER_SECRET)} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
    );
    this.socket.on("data", (chunk) => this.#take(chunk)).on("error", (error) => this.failed?.(error));
    this.socket.on("close", () => this.failed?.(new Error("closed")));
  }

  #take(chunk) {
    // When it was there, before anything is read of it.
    const at = performance.now();
    let data = chunk;
    if (!this.#upgraded) {
      this.#head = Buffer.concat([this.#head, data]);
      const end = this.#head.indexOf("\r\n\r\n");
      if (end < 0) return;
      this.#upgraded = true;
      data = this.#head.subarray(end + 4);
      this.#head = Buffer.alloc(0);
      this.socket.write(question);
    }
    while (data.length > 0) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, data.length);
        this.#left -= taken;
        data = data.subarray(taken);
        if (this.#left > 0) return;
        this.frames++;
        this.heard(this, at);
        continue;
      }
      data = this.#head.length > 0 ? Buffer.concat([this.#head, data]) : data;
      const size = data.length < 2 ? 2 : ({ 126: 4, 127: 10 }[data[1] & 127] ?? 2);
      if (data.length < size) {
        this.#head = Buffer.from(data);
        return;
      }
      this.#head = Buffer.alloc(0);
      // Who does not answer a ping is taken for gone, and rightly so.
      if ((data[0] & 15) === 9) this.socket.write(PONG);
      const length =
        size === 2 ? data[1] & 127 : size === 4 ? data.readUInt16BE(2) : Number(data.readBigUInt64BE(2));
      this.#left = length;
      data = data.subarray(size);
    }
  }
}

/** Connects SDKs, at most so many at once, and waits until each has its data. @returns them, and how long each took */
export async function connectAll(port, count, atOnce, heard = () => {}) {
  const sdks = [];
  const times = [];
  let started = 0;
  await new Promise((resolve, reject) => {
    const next = () => {
      if (started >= count) return;
      started++;
      const from = performance.now();
      const sdk = new Sdk(port, (who, at) => {
        if (who.frames > 1) return heard(at);
        times.push(at - from);
        if (times.length === count) resolve();
        else next();
      });
      sdk.failed = reject;
      sdks.push(sdk);
    };
    for (let i = 0; i < atOnce; i++) next();
  });
  for (const sdk of sdks) sdk.failed = undefined;
  times.sort((a, b) => a - b);
  return { sdks, times };
}

export function percentile(sorted, part) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}
