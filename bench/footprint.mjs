// Resident memory with both agents idle, and the time from start to ready; beside a bare node process with a server.
// The single-file executable, too, where `npm run executable` has made it.
import { spawn } from "node:child_process";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { folder, freePort, median, root } from "./tools.mjs";

const dir = folder();
writeFileSync(join(dir, "state.json"), '{"status":"UP"}');
writeFileSync(join(dir, "rules.yaml"), "redirects: [{ source: /old, target: /new }]\n");

/** Starts a process, waits for a line, lets it settle, reads its memory, ends it. */
async function once([program, ...args], ready) {
  const from = performance.now();
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  await new Promise((resolve) => {
    const hear = (chunk) => {
      text += chunk;
      if (ready(text)) resolve();
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
  });
  const took = performance.now() - from;
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))[1]);
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await ended;
  return { took, megabytes: kilobytes / 1_024 };
}

async function figures(name, args, ready) {
  const runs = [];
  for (let i = 0; i < 5; i++) runs.push(await once(await args(), ready));
  const ms = Math.round(median(runs.map(({ took }) => took)));
  const mb = Math.round(median(runs.map(({ megabytes }) => megabytes)));
  console.log(`${name.padEnd(24)} ready after ${ms} ms, ${mb} MB resident`);
}

/** The command that runs both agents. */
async function both(...program) {
  const config = join(dir, "outrider.yaml");
  writeFileSync(
    config,
    `admin: { listen: "127.0.0.1:${await freePort()}" }\nstate: { dir: ${dir}/state }\nlog: { format: json }\nagents:
  shop: { kind: redirects, listen: "127.0.0.1:${await freePort()}", from: { file: ${dir}/rules.yaml } }
  web-1: { kind: haproxy, listen: "127.0.0.1:${await freePort()}", from: { file: ${dir}/state.json } }\n`,
  );
  return [...program, "run", config];
}

const server = 'require("node:http").createServer().listen(0, () => console.log("ready"))';
const isReady = (text) => text.includes("serving redirects") && text.includes("answering agent checks");
const executable = join(root, "build", "outrider");

await figures(
  "bare node:http",
  () => [process.execPath, "-e", server],
  (text) => text.includes("ready"),
);
await figures("outrider, both agents", () => both(process.execPath, join(root, "dist/cli.js")), isReady);
if (existsSync(executable)) {
  await figures("the same, single file", () => both(executable), isReady);
  console.log(
    `one file of ${Math.round(statSync(executable).size / 1e6)} MB, Node alone ${Math.round(statSync(process.execPath).size / 1e6)} MB`,
  );
}
