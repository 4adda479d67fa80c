import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { folder } from "../../test/tools/folder.ts";
import { Tidy } from "../../test/tools/tidy.ts";
import { type AgentKind, defineAgent } from "../core/agent.ts";
import { ConfigProblem } from "../core/problems.ts";
import { presentable } from "../core/secret.ts";
import { loadConfig, readSources } from "./load.ts";
import { address, duration, oneOf, secret, size, url } from "./units.ts";

const relay = defineAgent({
  kind: "relay",
  summary: "For tests.",
  config: z.strictObject({
    listen: address().optional(),
    from: oneOf({
      file: z.string().min(1),
      amqp: z.strictObject({ url: url(["amqp"]), prefetch: z.int().min(1).max(65_535).default(100) }),
    }).optional(),
    token: secret().optional(),
    mode: z.enum(["fast", "careful"]).default("fast"),
    batch: z.strictObject({ items: z.int().min(1), size: size(), window: duration({ min: 10 }) }).optional(),
    hosts: z.array(z.string().min(2)).min(1).optional(),
    either: z.union([z.literal("keep"), z.int().min(1)]).optional(),
    labels: z.record(z.string().regex(/^[a-z]+$/), z.boolean()).optional(),
  }),
  create: () => ({ run: async () => {} }),
});
const echo = defineAgent({
  kind: "echo",
  summary: "For tests.",
  config: z.strictObject({ text: z.string() }),
  create: () => ({ run: async () => {} }),
});
const kinds = [relay, echo] as unknown as readonly AgentKind[];

const load = (text: string, env: Record<string, string> = {}) =>
  loadConfig([{ file: "o.yaml", text }], kinds, env);

function refused(run: () => unknown): ConfigProblem {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigProblem) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

const complaints = (text: string, env?: Record<string, string>) =>
  refused(() => load(text, env)).message.split("\n");
/** The complaint about one relay, whose configuration stands in line 3, from column 5 on. */
const about = (line: string) => complaints(`agents:\n  web:\n    kind: relay\n    ${line}\n`);

describe("loading", () => {
  it("applies defaults and units", () => {
    const { agents, admin, grace, log } = load(
      "agents:\n  web:\n    kind: relay\n    batch: { items: 5, size: 1MB, window: 1m30s }\n    grace: 5s\n    required: false\n",
    );
    expect(agents.get("web")).toMatchObject({
      required: false,
      grace: 5_000,
      config: { mode: "fast", batch: { items: 5, size: 1e6, window: 90_000 } },
    });
    expect([admin, grace, log]).toEqual([
      { listen: "127.0.0.1:9900" },
      30_000,
      { level: "info", format: "auto" },
    ]);
  });

  it("takes JSON as it takes YAML", () => {
    const text = JSON.stringify(
      { agents: { web: { kind: "echo", text: "hello" } }, admin: false },
      null,
      "\t",
    );
    expect(load(text)).toMatchObject({ admin: false });
    expect(load(text).agents.get("web")?.config).toEqual({ text: "hello" });
  });

  it("is content with nothing", () => {
    expect(load("").agents.size).toBe(0);
    expect(load("agents:").agents.size).toBe(0);
  });
});

describe("complaints", () => {
  it("come all at once, each with its place, in the order of the file", () => {
    const text = [
      "admin: { listen: 0.0.0.0:9900 }",
      "grace: 5",
      "agents:",
      "  web:",
      "    kind: relay",
      "    from: { amqp: { url: amqp://h/, prefech: 5 } }",
      "    batch: { items: 0, size: 1Mb, window: 5ms }",
      "  -bad:",
      "    kind: echo",
      "  other:",
      "    kind: relais",
      "  none: {}",
      '  last: { kind: relay, listen: "${PORT}" }',
      "frm: 1",
    ].join("\n");
    expect(complaints(text)).toEqual([
      "o.yaml:1:18  admin.listen: an address that others can reach needs a `token`",
      'o.yaml:2:8  grace: expected a duration with its unit, such as "5s" or "1m30s"',
      'o.yaml:6:37  agents.web.from.amqp: unknown key "prefech" — did you mean "prefetch"?',
      "o.yaml:7:21  agents.web.batch.items: 0 is too small, write 1 or more",
      'o.yaml:7:30  agents.web.batch.size: "1Mb" is no size, write a number and B, KB, MB, GB, KiB, MiB or GiB',
      "o.yaml:7:43  agents.web.batch.window: is too short, write 10ms or more",
      "o.yaml:8:3  agents.-bad: a name has up to 63 letters, digits, dots, dashes and underscores",
      "o.yaml:8:3  agents.-bad.text: is missing, write a text",
      'o.yaml:11:11  agents.other.kind: there is no kind "relais" — did you mean "relay"?',
      "o.yaml:12:3  agents.none.kind: is missing, write one of relay, echo",
      "o.yaml:13:32  the environment variable PORT is not set, set it or write ${PORT:-default}",
      'o.yaml:14:1  the top level: unknown key "frm" (known: $schema, admin, state, log, fleet, grace, agents)',
    ]);
  });

  it.each([
    ["mode: fats", 'o.yaml:4:11  agents.web.mode: "fats" is not known — did you mean "fast"?'],
    ["mode: slow", 'o.yaml:4:11  agents.web.mode: "slow" is not known (known: fast, careful)'],
    ["from: {}", "o.yaml:4:11  agents.web.from: give exactly one of file, amqp"],
    [
      "from: { file: a, amqp: { url: amqp://h } }",
      "o.yaml:4:11  agents.web.from: give exactly one of file, amqp",
    ],
    ["from: [1]", "o.yaml:4:11  agents.web.from: expected a map, found a list"],
    ["from:", "o.yaml:4:10  agents.web.from: expected a map, found nothing"],
    [
      "from: { amqp: { prefetch: 1 } }",
      "o.yaml:4:13  agents.web.from.amqp.url: is missing: expected a URL, amqp://…",
    ],
    [
      "from: { amqp: { url: http://h } }",
      'o.yaml:4:26  agents.web.from.amqp.url: "http://h" is no URL, write amqp://…',
    ],
    [
      "from: { amqp: { url: amqp://h, prefetch: 70000 } }",
      "o.yaml:4:46  agents.web.from.amqp.prefetch: 70000 is too large, write 65535 or less",
    ],
    [
      "from: { amqp: { url: amqp://h, prefetch: 1.5 } }",
      "o.yaml:4:46  agents.web.from.amqp.prefetch: expected a whole number, found 1.5",
    ],
    [
      "listen: 80",
      'o.yaml:4:13  agents.web.listen: expected an address, such as "127.0.0.1:8080" or ":8080"',
    ],
    [
      "listen: host",
      'o.yaml:4:13  agents.web.listen: "host" is no address, write host:port, :port, [v6]:port or unix:/path',
    ],
    ["hosts: []", "o.yaml:4:12  agents.web.hosts: is too short, give 1 or more"],
    ["hosts: [ab, c]", "o.yaml:4:17  agents.web.hosts.1: is too short, give 2 or more"],
    ["hosts: [ab, 3]", "o.yaml:4:17  agents.web.hosts.1: expected a text, found 3"],
    ["token: 5", "o.yaml:4:12  agents.web.token: expected a text"],
    ['token: ""', "o.yaml:4:12  agents.web.token: is empty"],
    ["required: maybe", 'o.yaml:4:15  agents.web.required: expected true or false, found "maybe"'],
    ["batch: { items: 1, size: 1B }", "o.yaml:4:5  agents.web.batch.window: is missing: expected a duration"],
    ["grace: 99d", "o.yaml:4:12  agents.web.grace: is too long, write 24d or less"],
  ])("about `%s`", (line, complaint) => {
    const [first, ...more] = about(line);
    expect([first, more]).toEqual([expect.stringContaining(complaint), []]);
  });

  it("about unions and keys of maps are about what was probably meant", () => {
    expect(about("either: 0")).toEqual(["o.yaml:4:13  agents.web.either: 0 is too small, write 1 or more"]);
    expect(about("labels: { A: true }")[0]).toMatch(/^o\.yaml:4:18 {2}agents\.web\.labels\.A: /);
  });

  it("never show a secret, nor the password of a URL", () => {
    const shown = complaints(
      'agents:\n  web:\n    kind: relay\n    token: "${T}"\n    from: { amqp: { url: "${U}" } }\n    mode: x\n',
      { T: "canary-token", U: "http://user:canary-password@host" },
    ).join("\n");
    expect(shown).toContain("http://user:***@host");
    expect(shown).not.toContain("canary");
  });

  it.each([
    ["hello", "o.yaml:1:1  the top level: expected a map"],
    ["- a\n- b", "o.yaml:1:1  the top level: expected a map"],
    ["agents: [web]", "o.yaml:1:9  agents: expected a map"],
    ["agents: { web: 5 }", "o.yaml:1:11  agents.web.kind: is missing, write one of relay, echo"],
    ["admin: true", "o.yaml:1:8  admin: expected `false` or a map with `listen` and `token`"],
    ["a: { b: ${C} }", 'o.yaml:1:10  a reference inside [ ] or { } must be quoted: "${…}"'],
    ["a: [1", "o.yaml:1:6  Flow sequence in block collection must be sufficiently indented and end with a ]"],
  ])("about %j as a whole file", (text, complaint) => expect(complaints(text)).toEqual([complaint]));
});

describe("a folder", () => {
  const tidy = new Tidy("all");
  let path: string;
  beforeAll(async () => {
    path = await folder(tidy);
    mkdirSync(join(path, "sub.yaml"));
  });
  const write = (name: string, text: string) => writeFileSync(join(path, name), text);
  const loadFolder = () => loadConfig(readSources(path), kinds, {});

  it("is merged in the order of its files' names", () => {
    rmSync(join(path, "sub.yaml"), { recursive: true });
    write("20-more.yml", "agents:\n  two: { kind: echo, text: b }\ngrace: 1s\n");
    write("10-first.yaml", "admin: false\nagents:\n  one: { kind: echo, text: a }\n");
    write("30-last.json", '{ "agents": { "three": { "kind": "echo", "text": "c" } } }');
    write(".hidden.yaml", "nonsense: 1");
    write("notes.txt", "nonsense");
    const { agents, grace, admin } = loadFolder();
    expect([[...agents.keys()], grace, admin]).toEqual([["one", "two", "three"], 1_000, false]);
  });

  it("says of what is given twice where it stands, and of each mistake in which file", () => {
    write("30-last.json", '{ "agents": { "one": { "kind": "echo" }, "four": { "kind": "echo" } } }');
    write("40-more.yaml", "grace: 2s\nagents: [x]\nlog: { level: loud }\n");
    const at = (name: string, place: string) => `${join(path, name)}:${place}`;
    expect(refused(loadFolder).mistakes).toEqual([
      {
        at: at("30-last.json", "1:15"),
        message: `agents.one: is given here and at ${at("10-first.yaml", "3:3")}, keep one`,
      },
      { at: at("30-last.json", "1:42"), message: "agents.four.text: is missing, write a text" },
      {
        at: at("40-more.yaml", "1:1"),
        message: `grace: is given here and at ${at("20-more.yml", "3:1")}, keep one`,
      },
      { at: at("40-more.yaml", "2:9"), message: "agents: expected a map" },
      {
        at: at("40-more.yaml", "3:15"),
        message: 'log.level: "loud" is not known (known: debug, info, warn, error)',
      },
    ]);
  });

  it("may be empty, but must exist", () => {
    for (const name of ["10-first.yaml", "20-more.yml", "30-last.json", "40-more.yaml"]) {
      rmSync(join(path, name));
    }
    expect(loadFolder().agents.size).toBe(0);
    expect(refused(() => readSources(join(path, "nowhere"))).code).toBe("config_unreadable");
  });
});

describe("secrets", () => {
  it("are shown by nothing that shows a configuration", () => {
    const config = load('agents:\n  web: { kind: relay, token: "canary" }\nadmin: { token: canary }');
    const { config: agent } = config.agents.get("web")!;
    for (const shown of [
      inspect(agent, { depth: 9 }),
      JSON.stringify([agent, config.admin]),
      JSON.stringify(presentable(agent)),
      inspect(config.admin),
    ]) {
      expect(shown).not.toContain("canary");
    }
  });
});
