// What the figures share: processes on pinned cores, wrk, nginx.
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
export const root = new URL("..", import.meta.url).pathname;

/** The server has core 0 for itself, the load comes from core 1; on one core they share it. */
export const SERVER_CORE = "0";
export const LOAD_CORE = availableParallelism() > 1 ? "1" : "0";

const started = [];
const folders = [];
process.on("exit", () => {
  for (const child of started) child.kill("SIGKILL");
  for (const path of folders) rmSync(path, { recursive: true, force: true });
});

/** Starts a program on one core; resolves when its output has a line that fits. */
export function start(core, command, args, ready, options = {}) {
  const child = spawn("taskset", ["-c", core, command, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    ...options,
  });
  started.push(child);
  return new Promise((resolve, reject) => {
    let text = "";
    const hear = (chunk) => {
      text += chunk;
      if (!ready || ready.test(text)) resolve(child);
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.on("error", reject);
    child.on("exit", (code) => reject(new Error(`${command} ended with ${code}: ${text}`)));
    if (!ready) setTimeout(() => resolve(child), 300);
  });
}

export async function stop(child) {
  child.removeAllListeners("exit");
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await ended;
}

export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export function folder() {
  folders.push(mkdtempSync(join(tmpdir(), "outrider-bench-")));
  return folders.at(-1);
}

/** Starts nginx with one worker and the given server block, on the server's core unless said otherwise. */
export async function nginx(server, core = SERVER_CORE) {
  const dir = folder();
  const config = join(dir, "nginx.conf");
  writeFileSync(
    config,
    `worker_processes 1; daemon off; pid ${dir}/pid; error_log ${dir}/error.log;
     events { worker_connections 4096; }
     http { access_log off; keepalive_requests 1000000000; client_body_temp_path ${dir}/a; proxy_temp_path ${dir}/b;
            fastcgi_temp_path ${dir}/c; uwsgi_temp_path ${dir}/d; scgi_temp_path ${dir}/e; ${server} }`,
  );
  const child = await start(core, "nginx", ["-c", config, "-p", dir], undefined);
  await listening(Number(/listen 127\.0\.0\.1:(\d+)/.exec(server)[1]));
  return child;
}

/** Resolves when somebody listens on the port. */
async function listening(port) {
  for (;;) {
    const answered = await new Promise((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true)).on("error", () => resolve(false));
      socket.on("connect", () => socket.destroy());
    });
    if (answered) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Requests per second by wrk, from the load's core. */
export async function wrk(url, { connections = 64, seconds = 3, headers = [], script } = {}) {
  const flags = headers.flatMap((header) => ["-H", header]);
  const args = [
    "-c",
    LOAD_CORE,
    "wrk",
    "-t1",
    `-c${connections}`,
    `-d${seconds}s`,
    "--latency",
    ...flags,
    ...(script ? ["-s", script] : []),
    url,
  ];
  const { stdout } = await run("taskset", args).catch((error) => {
    throw new Error(`wrk failed (Debian package wrk): ${error.message}`);
  });
  const failed = /Socket errors: (.*)/.exec(stdout)?.[1];
  if (failed) console.log(`  socket errors: ${failed}`);
  return {
    perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]),
    p99: /99%\s+(\S+)/.exec(stdout)?.[1],
  };
}

export function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** Measures contenders in turn, several rounds, and prints each beside the first. */
export async function compare(contenders, { rounds = 5 } = {}) {
  const figures = new Map(contenders.map(([name]) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, measure] of contenders) figures.get(name).push(await measure());
  }
  const [first] = contenders;
  const reference = median(figures.get(first[0]));
  for (const [name, values] of figures) {
    const value = median(values);
    console.log(
      `${name.padEnd(28)} ${Math.round(value).toLocaleString("en").padStart(9)}/s   ${(value / reference).toFixed(2)}`,
    );
  }
}
