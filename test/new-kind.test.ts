import { spawnSync } from "node:child_process";
import { cpSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { folder } from "./tools/folder.ts";
import { Tidy } from "./tools/tidy.ts";

const tidy = new Tidy();

const root = fileURLToPath(new URL("..", import.meta.url));

/** A copy of what a developer has, without the history. */
async function clone(): Promise<string> {
  const path = await folder(tidy);
  for (const name of [
    "src",
    "test",
    "scripts",
    "package.json",
    "tsconfig.json",
    "tsconfig.build.json",
    "biome.json",
  ]) {
    cpSync(join(root, name), join(path, name), { recursive: true });
  }
  symlinkSync(join(root, "node_modules"), join(path, "node_modules"));
  return path;
}

const run = (cwd: string, ...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd, encoding: "utf8" });
  return { status, said: stdout + stderr };
};
const bin = (name: string) => join(root, "node_modules", ".bin", name);

describe("npm run new-kind", () => {
  // Three runs of compilers.
  it("makes a kind that compiles, is listed, and runs", { timeout: 180_000 }, async () => {
    const path = await clone();
    for (const name of ["webhooks", "big-query"]) {
      expect(run(path, "scripts/new-kind.mjs", name)).toMatchObject({ status: 0 });
    }
    const files = ["webhooks", "big-query"].flatMap((name) =>
      readdirSync(join(path, "src/agents", name)).map((file) =>
        readFileSync(join(path, "src/agents", name, file), "utf8"),
      ),
    );
    expect(files.join("\n")).not.toMatch(/template/i);
    expect(readFileSync(join(path, "src/agents/kinds.ts"), "utf8")).toMatch(/, webhooks, bigQuery\] as/);
    expect(run(path, bin("tsc"), "-p", "tsconfig.json")).toEqual({ status: 0, said: "" });
    expect(run(path, bin("biome"), "check", "--write", "--vcs-enabled=false", "src/agents")).toMatchObject({
      status: 0,
    });
    expect(run(path, bin("tsc"), "-p", "tsconfig.build.json")).toEqual({ status: 0, said: "" });
    writeFileSync(
      join(path, "o.yaml"),
      "admin: false\nagents:\n  a: { kind: webhooks, from: { file: { path: in } }, to: { file: { path: out } } }\n  b: { kind: big-query }\n",
    );
    const { status, said } = run(path, "dist/cli.js", "check", "o.yaml");
    expect(status).toBe(78);
    expect(said.trim().split("\n")).toEqual([
      "o.yaml:4:3  agents.b.from: is missing, write a map",
      "o.yaml:4:3  agents.b.to: is missing, write a map",
    ]);
    expect(run(path, "dist/cli.js", "adapt", "big-query-peer").said).toContain("BIG_QUERY_IN is not set");
  });

  it("refuses names that cannot be, and changes nothing", async () => {
    const path = await clone();
    const before = readFileSync(join(path, "src/agents/kinds.ts"), "utf8");
    for (const name of ["", "Webhooks", "web_hooks", "../x", "haproxy", "-x"]) {
      expect(run(path, "scripts/new-kind.mjs", ...(name === "" ? [] : [name])).status).toBe(1);
    }
    expect(readFileSync(join(path, "src/agents/kinds.ts"), "utf8")).toBe(before);
  });
});
