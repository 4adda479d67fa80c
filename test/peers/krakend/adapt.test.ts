import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { krakend } from "../../../src/agents/queue/adapt/index.ts";
import { config } from "../../../src/agents/queue/config/agent.ts";
import type { AgentKind } from "../../../src/core/agent.ts";
import type { ConfigProblem } from "../../../src/core/problems.ts";
import { adapterLaws } from "../../../src/laws/index.ts";
import { adaptFrom } from "../../../src/runtime/adaption.ts";
import { yamlOf } from "../../../src/runtime/configuration.ts";
import { adapterInputs } from "../../laws/settings.ts";

const folder = join(import.meta.dirname, "adapt");

/** What `outrider adapt` prints. */
function printed(file: string): string {
  const adapted = adaptFrom(krakend, file, {});
  for (const { kind: _, grace: __, ...agent } of Object.values(adapted.agents)) config.parse(agent);
  return [...adapted.notes.map(({ at, message }) => `# ${at}: ${message}`), yamlOf(adapted)].join("\n");
}

describe("configurations of KrakenD, and what they become", () => {
  const inputs = readdirSync(folder).filter((name) => /\.in\.(json|yaml)$/.test(name));

  it.each(inputs)("%s", async (name) => {
    const output = join(folder, name.replace(/\.in\.\w+$/, ".out.yaml"));
    await expect(printed(join(folder, name))).toMatchFileSnapshot(output);
  });

  it("notes repeat no password", () => {
    const notes = readdirSync(folder)
      .filter((name) => name.includes(".out."))
      .map((name) => readFileSync(join(folder, name), "utf8").replace(/^[^#].*$/gm, ""));
    expect(notes.join("\n")).not.toMatch(/s3cret|hush|:pw@/);
  });
});

const driver = { "async/amqp": { name: "q", host: "amqp://h/", exchange: "e" } };
const backend = { host: "h", url_pattern: "/x" };
const agent = { name: "a", consumer: { topic: "#" }, backend: [backend], extra_config: driver };
const adapt = (document: unknown, env = {}) => krakend.adapt({ document, env });

describe("laws", () => {
  const kinds = [{ kind: "queue", summary: "", config }] as unknown as AgentKind[];
  const laws = adapterLaws(() => ({ adapter: krakend, kinds, ...adapterInputs["krakend"]! }));
  for (const law of laws) it(law.name, law.check);
});

describe("the environment", () => {
  it("overrides keys at the top, and adds them", () => {
    const env = { KRAKEND_PORT: "9000", KRAKEND_TIMEOUT: "5s", KRAKEND_HOST: "http://x/" };
    const document = { version: 3, Port: 1, async_agent: [{ ...agent, backend: { url_pattern: "/x" } }] };
    const ours = adapt(document, env).agents["a"];
    expect(ours).toMatchObject({
      timeout: "5s",
      health: { listen: ":9000" },
      to: [{ http: { url: "http://x" } }],
    });
  });

  it("goes a level down with a dot", () => {
    const env = { "KRAKEND_CLIENT_TLS.ALLOW_INSECURE_CONNECTIONS": "true" };
    const ours = adapt({ version: 3, async_agent: [agent] }, env).agents["a"];
    expect(ours).toMatchObject({ to: [{ http: { tls: { verify: false } } }] });
  });

  it("is named where it is wrong", () => {
    const env = { KRAKEND_TIMEOUT: "soon" };
    expect(() => adapt({ version: 3, async_agent: [agent] }, env)).toThrow(
      /^KRAKEND_TIMEOUT: "soon" is no duration/,
    );
  });
});

describe("configurations that are refused", () => {
  function mistakes(...agents: object[]): string[] {
    try {
      adapt({ version: 3, async_agent: agents });
      return [];
    } catch (error) {
      return (error as ConfigProblem).mistakes.map(({ at, message }) => `${at}: ${message}`);
    }
  }
  const amqp = (more: object) => ({ "async/amqp": { ...driver["async/amqp"], ...more } });

  it.each<[string, string, object[]]>([
    ["two of a name", "is the name of another agent too", [agent, agent]],
    ["no agents", "there is no agent to run", []],
    ["no driver", "there is no driver", [{ ...agent, extra_config: {} }]],
    ["Kafka", "Kafka is no source yet", [{ ...agent, extra_config: { "async/kafka": {} } }]],
    ["no broker", "`host` is missing", [{ ...agent, extra_config: amqp({ host: "" }) }]],
    ["no URL", "is no URL of a broker", [{ ...agent, extra_config: amqp({ host: "http://u:p@h" }) }]],
    ["no hosts", "there are no hosts available", [{ ...agent, backend: [{ url_pattern: "/" }] }]],
    ["no number", '"many" is not a number', [{ ...agent, consumer: { workers: "many" } }]],
    ["no object", "is not an object", [{ ...agent, consumer: "x" }]],
    ["below 0", "is below 0", [{ ...agent, consumer: { timeout: "-1s" } }]],
    [
      "only shadows",
      "all endpoints must have at least one backend",
      [{ ...agent, backend: [{ ...backend, extra_config: { proxy: { shadow: true } } }] }],
    ],
    [
      "another queue as backend",
      "cannot be run",
      [{ ...agent, backend: [{ ...backend, extra_config: { "backend/pubsub/publisher": {} } }] }],
    ],
  ])("%s", (_, message, agents) => {
    const found = mistakes(...agents);
    expect(found.join("\n")).toContain(message);
    expect(found.join("\n")).not.toContain("u:p@");
  });

  it("no document, and one that is none", () => {
    expect(() => adapt(undefined)).toThrow("there is no krakend.json");
    expect(() => adapt([])).toThrow("there is no krakend.json");
  });
});

it("the short name of a component wins", () => {
  const both = {
    "backend/http": { return_error_details: "short" },
    "github.com/devopsfaith/krakend/http": { return_error_details: "long" },
  };
  const ours = adapt({
    version: 3,
    async_agent: [{ ...agent, backend: [{ ...backend, extra_config: both }] }],
  });
  expect(ours.agents["a"]).toMatchObject({ to: [{ answer: { details: "short" } }] });
});

it("agents are called what their names can be, each by its own", () => {
  const named = (name: string) => ({ ...agent, name });
  const { agents, notes } = adapt({ version: 3, async_agent: [named("a b"), named("a-b"), named("")] });
  expect(Object.keys(agents)).toEqual(["a-b", "a-b-2", "AsyncAgent-02"]);
  expect(notes.filter(({ message }) => message.startsWith("is called"))).toHaveLength(2);
});
