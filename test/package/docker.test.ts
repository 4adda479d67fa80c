import { type ChildProcess, execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { settingsOf, stagesOf } from "../tools/dockerfile.ts";
import { Images, type StartOptions, startIn } from "../tools/image.ts";
import { describeIf, mayMount } from "../tools/needs.ts";
import { freePort } from "../tools/ports.ts";
import { Tidy } from "../tools/tidy.ts";
import { until } from "../tools/until.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const read = (name: string) => readFileSync(join(ROOT, name), "utf8");
const stages = stagesOf(read("Dockerfile"));
const ignored = read(".dockerignore").trim().split("\n");
const final = stages.at(-1)!;
const tidy = new Tidy();

describe("the Dockerfile", () => {
  it("builds in one stage and ships another, on a base of a fixed version", () => {
    expect(stages.length).toBeGreaterThan(1);
    for (const { from } of stages) expect(from).toMatch(/^node:\d+-bookworm-slim$/);
    const shipped = final.instructions.filter(({ word }) => word === "COPY");
    expect(shipped.length).toBeGreaterThan(0);
    expect(shipped.filter(({ flags }) => flags["from"] === undefined)).toEqual([]);
  });

  it("ends as a user who is not root, named by number, with a health check that needs no shell", () => {
    const { user, health, command, env } = settingsOf(final);
    expect(user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect(health?.list).toEqual(["outrider", "health"]);
    expect(command[0]).toBe("outrider");
    expect(env["NODE_ENV"]).toBe("production");
  });

  it("is of a Node that the package takes", () => {
    const { engines } = JSON.parse(read("package.json")) as { engines: { node: string } };
    const [, wanted] = />=(\d+)/.exec(engines.node) ?? [];
    for (const { from } of stages) expect(Number(/\d+/.exec(from))).toBeGreaterThanOrEqual(Number(wanted));
  });

  it("is given nothing that is made or secret: `.dockerignore` names what is there beside the source", () => {
    const kept = readdirSync(ROOT).filter((name) => !ignored.includes(name));
    expect(kept).toContain("src");
    expect(kept.filter((name) => /^(node_modules|dist|build|\.git|\.env.*|.*\.tgz)$/.test(name))).toEqual([]);
    // The player takes names alone for what they are.
    for (const name of ignored) expect(name).toMatch(/^(\*\.tgz|[\w.-]+)$/);
  });
});

describeIf(mayMount(), "this user may not mount a file system")("the image, played without an engine", () => {
  const forAll = new Tidy("all");
  let root: string;

  beforeAll(async () => {
    const images = new Images(forAll, {
      context: ROOT,
      ignored: [...ignored, ...readdirSync(ROOT).filter((name) => name.endsWith(".tgz"))],
      // The one step that asks a registry; its packages are those that the same lock file put here.
      instead: {
        "npm ci": (folder) =>
          void execFileSync("cp", ["-a", "--reflink=auto", join(ROOT, "node_modules"), folder]),
      },
    });
    for (const stage of stages) root = await images.build(stage);
  }, 180_000);

  /** Starts a command in the image, or what it starts by itself. */
  function start(options: StartOptions = {}) {
    const child = startIn(root, final, options);
    const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
    tidy.later(async () => {
      child.kill("SIGKILL");
      await ended;
    });
    const said = { text: "" };
    for (const stream of [child.stdout!, child.stderr!])
      stream.on("data", (chunk: Buffer) => (said.text += chunk.toString()));
    return { child, ended, said };
  }

  const health = async () => {
    const { ended, said } = start({ command: settingsOf(final).health!.list! });
    return { status: await ended, said: said.text };
  };

  it("holds the program and its libraries, and none that only developers need", () => {
    const modules = readdirSync(join(root, "app", "node_modules"));
    expect(modules).toContain("hono");
    for (const name of ["typescript", "vitest", "vite", "playwright-core"])
      expect(modules).not.toContain(name);
    expect(readdirSync(join(root, "app")).toSorted()).toEqual(
      ["LICENSE", "dist", "examples", "node_modules", "package.json"].toSorted(),
    );
    expect(existsSync(join(root, "app", "dist", "cli.js"))).toBe(true);
  });

  it("runs /etc/outrider as its user, is healthy, and drains on SIGTERM", async () => {
    const admin = await freePort();
    const config = {
      admin: { listen: `127.0.0.1:${admin}` },
      agents: { web: { kind: "haproxy", listen: `127.0.0.1:${await freePort()}` } },
    };
    mkdirSync(join(root, "etc", "outrider"), { recursive: true });
    writeFileSync(join(root, "etc", "outrider", "outrider.yaml"), JSON.stringify(config));
    expect(await health()).toMatchObject({ status: 1 });
    // As the manifests for Kubernetes and compose have it: nothing can be written but the state.
    const { child, ended, said } = start({ writable: ["/var/lib/outrider", "/tmp"] });
    await until(
      "it is ready",
      () => said.text.includes("every required agent is ready") || gone(child, said),
    );
    expect(await health()).toEqual({ status: 0, said: "healthy\n" });
    expect(readFileSync(`/proc/${child.pid}/status`, "utf8")).toMatch(/^Uid:\s+1000\s+1000/m);
    expect(existsSync(join(root, "var", "lib", "outrider", "outrider.lock"))).toBe(true);
    expect(said.text).not.toContain("state folder cannot be used");
    child.kill("SIGTERM");
    expect(await ended).toBe(0);
    expect(existsSync(join(root, "var", "lib", "outrider", "outrider.lock"))).toBe(false);
  });

  it("runs the demo", async () => {
    const env: Record<string, string> = {};
    for (const name of ["ADMIN", "HTTP", "CHECK", "INBOX", "FLAGS"])
      env[`DEMO_${name}`] = `127.0.0.1:${await freePort()}`;
    const { child, said } = start({ command: ["outrider", "demo"], env });
    await until("it has told all", () => said.text.includes("Ctrl-C ends it") || gone(child, said));
    expect(said.text).toMatch(/^ {2}outrider status /m);
  });
});

/** Not worth waiting for any longer. */
function gone(child: ChildProcess, said: { text: string }): false {
  if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}:\n${said.text}`);
  return false;
}
