import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { kinds } from "../../src/agents/kinds.ts";
import { loadConfig, readSources } from "../../src/config/load.ts";
import { codes } from "../../src/core/codes.ts";
import { adapterOf, adaptFrom } from "../../src/runtime/adaption.ts";
import { yamlOf } from "../../src/runtime/configuration.ts";
import { blocksOf } from "../tools/markdown.ts";

const ROOT = join(import.meta.dirname, "..", "..");

/** What the examples take from the environment. */
const env = {
  FLECTO_TOKEN: "flecto_example",
  DEMO_DIR: join(ROOT, "examples", "demo"),
  DEMO_STATE: join(ROOT, "examples", "demo", "state"),
  DEMO_ADMIN: "127.0.0.1:9900",
  DEMO_HTTP: "127.0.0.1:8080",
  DEMO_CHECK: "127.0.0.1:9777",
  DEMO_INBOX: "127.0.0.1:8090",
  DEMO_FLAGS: "127.0.0.1:6100",
};

const examples = readdirSync(join(ROOT, "examples"))
  .filter((name) => name.endsWith(".yaml"))
  .concat("demo/outrider.yaml");

describe("what is generated and what is given as an example", () => {
  it("the reference is what the code says", () => {
    const check = () => execFileSync(process.execPath, ["scripts/docs.mjs", "--check"], { cwd: ROOT });
    expect(check).not.toThrow();
  });

  it("troubleshooting knows every problem that a person may meet", () => {
    const page = readFileSync(join(ROOT, "docs/guide/troubleshooting.md"), "utf8");
    expect(Object.keys(codes).filter((code) => !page.includes(`\`${code}\``))).toEqual([]);
  });

  it.each(examples)("examples/%s loads", (name) => {
    const path = join(ROOT, "examples", name);
    const config = loadConfig(readSources(path), kinds, env);
    const written = parse(readFileSync(path, "utf8")) as { agents: object };
    expect([...config.agents.keys()]).toEqual(Object.keys(written.agents));
  });

  it("examples/krakend.json is taken, and is the one that the page shows", () => {
    const path = join(ROOT, "examples", "krakend.json");
    const text = yamlOf(adaptFrom(adapterOf(kinds, "krakend"), path, {}));
    expect([...loadConfig([{ file: path, text }], kinds, {}).agents.keys()]).toEqual(["orders"]);
    const blocks = blocksOf(readFileSync(join(ROOT, "docs/migrate/krakend.md"), "utf8"));
    expect(blocks.find(({ title }) => title === "krakend.json")?.text).toBe(readFileSync(path, "utf8"));
  });
});
