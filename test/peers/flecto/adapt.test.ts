import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { kinds } from "../../../src/agents/kinds.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { adapterOf, adaptFrom } from "../../../src/runtime/adaption.ts";
import { yamlOf } from "../../../src/runtime/configuration.ts";

const folder = join(import.meta.dirname, "adapt");
const flecto = adapterOf(kinds, "flecto");

/** What `outrider adapt` prints. */
function printed(file: string): string {
  const adapted = adaptFrom(flecto, file, {});
  return [...adapted.notes.map(({ at, message }) => `# ${at}: ${message}`), yamlOf(adapted)].join("\n");
}

describe("configurations of the Traefik plugin, and what they become", () => {
  const inputs = readdirSync(folder).filter((name) => name.endsWith(".in.yaml"));

  it.each(inputs)("%s", (name) => {
    const output = join(folder, name.replace(".in.", ".out."));
    expect(printed(join(folder, name))).toBe(readFileSync(output, "utf8"));
    // And it is a configuration of ours.
    loadConfig([{ file: output, text: readFileSync(output, "utf8") }], kinds, {});
  });
});

it("the address can be chosen, and each middleware has its own port", () => {
  const plugin = { manager_url: "http://m", namespace_code: "ns", project_code: "p", token_jwt: "t" };
  const env = { OUTRIDER_LISTEN: "127.0.0.1:7000" };
  const { agents, notes } = flecto.adapt({ document: { a: plugin, b: plugin }, env });
  expect([agents["a"]?.["listen"], agents["b"]?.["listen"]]).toEqual(["127.0.0.1:7000", "127.0.0.1:7001"]);
  expect(notes[0]?.message).toContain("http://HOST:7000/outrider/forward-auth/traefik");
});

describe("configurations that the plugin refuses", () => {
  const whole = { manager_url: "http://m", namespace_code: "ns", project_code: "p", token_jwt: "t" };
  const { project_code: _, ...noProject } = whole;
  const missing =
    "missing configuration, manager_url, namespace_code, project_code or token_jwt is mandatory";

  function mistakes(document: unknown): string[] {
    try {
      flecto.adapt({ document, env: {} });
      return [];
    } catch (error) {
      return (error as Error).message.split("\n");
    }
  }

  it.each<[unknown, string[]]>([
    [undefined, ["$: there is no `manager_url`, `project_code` or `host_configs` in it"]],
    [{ http: {} }, ["$: there is no `manager_url`, `project_code` or `host_configs` in it"]],
    [noProject, ["$: either project_code or host_configs must be configured"]],
    [{ ...noProject, host_configs: [] }, ["$: either project_code or host_configs must be configured"]],
    [
      { ...whole, host_configs: [{ project_code: "x" }] },
      ["$.host_configs[0]: hosts is required and cannot be empty"],
    ],
    [
      { ...whole, host_configs: [{ hosts: " , ", project_code: "x" }] },
      ["$.host_configs[0]: hosts is required and cannot be empty"],
    ],
    [{ ...whole, host_configs: [{ hosts: ["a"] }] }, ["$.host_configs[0]: project_code is required"]],
    [{ ...whole, manager_url: "" }, [`$: ${missing}: manager_url is empty`]],
    [
      { ...whole, namespace_code: null, token_jwt: "" },
      [`$: ${missing}: namespace_code, token_jwt is empty`],
    ],
    [
      { host_configs: [{ hosts: ["a"], project_code: "x", manager_url: "http://m" }] },
      [`$.host_configs[0]: ${missing}: namespace_code, token_jwt is empty`],
    ],
    [{ ...whole, interval_check: "5" }, ["$: invalid interval check duration (5)"]],
    [{ ...whole, interval_check: "1d" }, ["$: invalid interval check duration (1d)"]],
    [{ ...whole, interval_check: 5 }, ["$: invalid interval check duration (5)"]],
    [{ ...whole, interval_check: "0" }, ["$: interval_check 0 would stop the peer, write 1s or more"]],
    [{ ...whole, interval_check: "-5m" }, ["$: interval_check -5m would stop the peer, write 1s or more"]],
    [
      { ...whole, interval_check: "x", host_configs: [{ hosts: [] }, { hosts: ["a"] }] },
      [
        "$.host_configs[0]: hosts is required and cannot be empty",
        "$.host_configs[0]: project_code is required",
        "$.host_configs[1]: project_code is required",
        "$: invalid interval check duration (x)",
      ],
    ],
  ])("%j", (document, expected) => expect(mistakes(document).sort()).toEqual(expected.sort()));
});
