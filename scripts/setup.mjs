// Makes a fresh clone ready: installs packages and builds, both only where that is needed.
// With --test it also sees to the programs that the tests run against, where it may (root on Debian).
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const inRoot = (...names) => join(root, ...names);

/** Programs that the tests run, and the Debian package of each. */
const programs = {
  haproxy: "haproxy",
  nginx: "nginx-light",
  caddy: "caddy",
  curl: "curl",
  jq: "jq",
  chromium: "chromium",
  pgrep: "procps",
  python3: "python3",
  "redis-server": "redis-server",
  socat: "socat",
  "systemd-notify": "systemd",
  "rabbitmq-server": "rabbitmq-server",
  celery: "celery python3-celery python3-redis",
  supervisord: "supervisor",
  openssl: "openssl",
  promtool: "prometheus",
};

/** Programs whose packages begin a service with the machine, and the service. Where we installed them, it was for the tests alone. */
const services = {
  "rabbitmq-server": "rabbitmq-server",
  "redis-server": "redis-server",
  supervisord: "supervisor",
  promtool: "prometheus",
};

if (!isInstalled()) run("npm", ["ci", "--no-audit", "--no-fund"]);
if (!isBuilt()) build();
if (process.argv.includes("--test")) seeToPrograms();

/** Whether node_modules holds what the lock file says; optional packages are a matter of the platform. */
function isInstalled() {
  if (!existsSync(inRoot("node_modules", ".package-lock.json"))) return false;
  const wanted = packagesOf(inRoot("package-lock.json"));
  const present = packagesOf(inRoot("node_modules", ".package-lock.json"));
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    const there = present[path];
    return path === "" || (there ? there.version === version : optional);
  });
}

function packagesOf(file) {
  return JSON.parse(readFileSync(file, "utf8")).packages;
}

/** Whether dist is younger than everything it is made from. A removed file shows in the time of its folder. */
function isBuilt() {
  const mark = inRoot("dist", ".built");
  if (!existsSync(mark)) return false;
  const names = readdirSync(inRoot("src"), { recursive: true }).filter((name) => !name.endsWith(".test.ts"));
  const page = readdirSync(inRoot("ui"), { recursive: true }).map((name) => inRoot("ui", name));
  const sources = [...names.map((name) => inRoot("src", name)), ...page];
  const others = [
    "src",
    "ui",
    "tsconfig.json",
    "tsconfig.build.json",
    "package-lock.json",
    "scripts/build-demo.mjs",
  ].map((name) => inRoot(name));
  const built = statSync(mark).mtimeMs;
  return [...sources, ...others].every((file) => statSync(file).mtimeMs < built);
}

function build() {
  // Taken before the compiler reads: what is saved meanwhile is built next time.
  const began = new Date();
  run("npm", ["run", "--silent", "build"]);
  writeFileSync(inRoot("dist", ".built"), "");
  utimesSync(inRoot("dist", ".built"), began, began);
}

function seeToPrograms() {
  let missing = Object.keys(programs).filter((name) => !isThere(name));
  if (missing.length > 0 && process.getuid?.() === 0 && existsSync("/etc/debian_version")) {
    installPackages(missing.map((name) => programs[name].split(" ")));
    const ours = missing.filter((name) => name in services && isThere(name));
    disable(ours.map((name) => services[name]));
    missing = missing.filter((name) => !isThere(name));
  }
  if (missing.length === 0) return;
  console.error(`\n  MISSING: ${missing.join(", ")}. The tests that need them cannot run.`);
  console.error(`  On Debian: apt-get install ${missing.map((name) => programs[name]).join(" ")}\n`);
  if (process.env["CI"] === "true") process.exit(1);
}

function isThere(program) {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  return folders.some((folder) => existsSync(join(folder, program)));
}

/** Installs groups of packages without starting services: the tests start their own. */
function installPackages(groups) {
  const policy = "/usr/sbin/policy-rc.d";
  const ours = !existsSync(policy);
  if (ours) writeFileSync(policy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    attempt("apt-get update", () => run("apt-get", ["update", "-q"], env));
    // One package that cannot be had fails all that are asked for with it.
    if (!install(groups.flat(), env)) for (const group of groups) install(group, env);
  } finally {
    if (ours) rmSync(policy);
  }
}

function install(packages, env) {
  const options = ["install", "-q", "-y", "--no-install-recommends"];
  return attempt(`installing ${packages.join(" ")}`, () => run("apt-get", [...options, ...packages], env));
}

/** @returns whether it went well; what went wrong is told */
function attempt(what, act) {
  try {
    act();
    return true;
  } catch (error) {
    console.error(`${what} failed: ${error.message}`);
    return false;
  }
}

/** Has services neither run nor begin with the machine; nothing to do where no systemd sees to that. */
function disable(names) {
  if (names.length === 0 || !existsSync("/run/systemd/system")) return;
  attempt(`disabling ${names.join(", ")}`, () => run("systemctl", ["disable", "--now", ...names]));
}

function run(program, args, env = process.env) {
  execFileSync(program, args, { cwd: root, stdio: "inherit", env });
}
