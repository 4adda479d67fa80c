import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { krakend } from "../../../src/agents/queue/adapt/index.ts";
import { stack } from "../../../src/agents/queue/backend/stack.ts";
import { config } from "../../../src/agents/queue/config/agent.ts";
import { plainEvent } from "../../../src/agents/queue/event.ts";
import { bare } from "../../../src/agents/queue/forward.ts";
import type { AgentKind } from "../../../src/core/agent.ts";
import type { ConfigProblem } from "../../../src/core/problems.ts";
import { adapterLaws } from "../../../src/laws/index.ts";
import { adaptFrom } from "../../../src/runtime/adaption.ts";
import { yamlOf } from "../../../src/runtime/configuration.ts";
import { adapterInputs } from "../../laws/settings.ts";
import { Stage } from "../../tools/stage.ts";
import { Tidy } from "../../tools/tidy.ts";

const tidy = new Tidy();

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

  it("overrides the key that is read, where it is there in several letter cases", () => {
    const document = { version: 3, Timeout: "3s", timeout: "4s", async_agent: [agent] };
    expect(adapt(document, { KRAKEND_TIMEOUT: "5s" }).agents["a"]).toMatchObject({ timeout: "5s" });
  });

  it.each([
    ["KRAKEND_TIMEOUT", "soon", '"soon" is no duration'],
    ["KRAKEND_TIMEOUT", "", '"" is no duration'],
    ["KRAKEND_DEBUG_ENDPOINT", "please", '"please" is not true or false'],
    ["KRAKEND_HOST", "http://u:p/w@h", "host http://u:***@h not valid: invalid host"],
  ])("%s=%s is named where it is wrong", (name, value, message) => {
    expect(() => adapt({ version: 3, async_agent: [agent] }, { [name]: value })).toThrow(
      `${name}: ${message}`,
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
    [
      "no hosts, in profile safe",
      "there are no hosts available: give the backend",
      [{ ...agent, consumer: { delivery: { profile: "safe" } }, backend: [{ url_pattern: "/" }] }],
    ],
    ["no number", '"many" is not a number', [{ ...agent, consumer: { workers: "many" } }]],
    ["no object", "is not an object", [{ ...agent, consumer: "x" }]],
    ["below 0", "is below 0", [{ ...agent, consumer: { timeout: "-1s" } }]],
    ["what is no number", "NaN is no duration", [{ ...agent, consumer: { timeout: Number.NaN } }]],
    ["an empty duration", '"" is no duration', [{ ...agent, consumer: { timeout: "" } }]],
    ["a duration without end", '"1d" is no duration', [{ ...agent, connection: { health_interval: "1d" } }]],
    ["more than a number", "Infinity is not a number", [{ ...agent, consumer: { max_rate: 1 / 0 } }]],
    ["a password that ends a host", "invalid host", [{ ...agent, backend: [{ host: "amqp://u:p#x@h" }] }]],
    [
      "one that ends a URL",
      "is no URL of a broker",
      [{ ...agent, extra_config: amqp({ host: "amqp://u:p?x@h" }) }],
    ],
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
    expect(found.join("\n")).not.toMatch(/u:p[@#?]/);
  });

  it("a secret in a list, which is told once and not repeated", () => {
    const oauth = { client_id: "me", client_secret: ["hush"], token_url: "https://id/token" };
    const extra_config = { "auth/client-credentials": oauth };
    const at = "$.async_agent[0].backend[0].extra_config.auth/client-credentials.client_secret";
    expect(mistakes({ ...agent, backend: [{ ...backend, extra_config }] })).toEqual([
      `${at}: a list is not a text`,
      `${at}: \`client_secret\` is empty, so no token could be got`,
    ]);
  });

  it.each([
    ["three", "three"],
    [[3], "[3]"],
    [3.5, "3.5"],
    ["", "0"],
    [null, "0"],
  ])("version %j", (version, shown) => {
    expect(() => adapt({ version, async_agent: [agent] })).toThrow(`unsupported version: ${shown} (want: 3)`);
  });

  it("the timeout of a service that is below 0, where an agent takes it", () => {
    const document = (own: object) => ({
      version: 3,
      timeout: "-1s",
      async_agent: [{ ...agent, consumer: { topic: "#", ...own } }],
    });
    expect(() => adapt(document({}))).toThrow("`timeout` of the service is below 0");
    expect(adapt(document({ timeout: "1s" })).agents["a"]).toMatchObject({ timeout: "1s" });
  });

  it("the health endpoint's own mistakes", () => {
    const document = { version: 3, async_agent: [agent], extra_config: { router: { health_path: [] } } };
    expect(() => adapt(document)).toThrow("$.extra_config.router.health_path: a list is not a text");
  });

  it("no document, and one that is none", () => {
    expect(() => adapt(undefined)).toThrow("there is no krakend.json");
    expect(() => adapt([])).toThrow("there is no krakend.json");
  });
});

describe("a broker's URL", () => {
  const from = (host: string) => {
    const extra_config = { "async/amqp": { ...driver["async/amqp"], host } };
    const { agents, notes } = adapt({ version: 3, async_agent: [{ ...agent, extra_config }] });
    const { amqp } = agents["a"]!["from"] as { amqp: Record<string, unknown> };
    return { amqp, notes: notes.map(({ message }) => message).join() };
  };

  it.each([
    ["amqp://h?connection_timeout=3000&channel_max=4&auth_mechanism=PLAIN"],
    ["AMQPS://u:p@h/v?channel_max=4"],
    ["amqp://u:@h"],
  ])("%s is taken as it is", (url) => {
    const { amqp, notes } = from(url);
    expect(amqp["url"]).toBe(url);
    expect(notes).not.toContain("has no counterpart");
  });

  it("has the password guest where it names none, whatever the user", () => {
    expect(from("amqp://u@h/v").amqp["url"]).toBe("amqp://u:guest@h/v");
  });

  it("has keys in its query that have a name of their own here, and some that mean nothing", () => {
    const { amqp, notes } = from("amqps://h/v?heartbeat=99999999&cacertfile=/ca&channel_max=4&x=y");
    expect(amqp).toMatchObject({
      url: "amqps://h/v?channel_max=4",
      heartbeat: "2147483647ms",
      tls: { ca: ["/ca"] },
    });
    expect(notes).toContain("the query key `x` has no counterpart");
  });
});

it("numbers beyond what we can count or wait are as much as we can", () => {
  const breaker = { interval: 31_536_000, timeout: 31_536_000, max_errors: 1 };
  const ours = adapt({
    version: 3,
    async_agent: [
      {
        ...agent,
        connection: { max_retries: 1e20 },
        consumer: { workers: 1e20 },
        backend: [{ ...backend, extra_config: { "qos/circuit-breaker": breaker } }],
        extra_config: { "async/amqp": { ...driver["async/amqp"], prefetch_count: 1e6 } },
      },
    ],
  }).agents["a"]!;
  const { kind: _, ...settings } = ours;
  expect(config.parse(settings)).toMatchObject({
    workers: Number.MAX_SAFE_INTEGER,
    from: { amqp: { prefetch: 65_535, reconnect: { times: Number.MAX_SAFE_INTEGER } } },
    to: [{ breaker: { open: 2_147_483_000, clear: 2_147_483_000 } }],
  });
});

it.each([[undefined], [null], [[]], [""]])(
  "a backend whose hosts are %j starts, and no event gets through",
  async (host) => {
    const { agents, notes } = adapt({
      version: 3,
      async_agent: [{ ...agent, backend: [{ ...backend, host }] }],
    });
    const { kind: _, ...settings } = agents["a"]!;
    const parsed = config.parse(settings);
    const stage = new Stage(tidy, { profile: "krakend", timeout: parsed.timeout });
    const played = stack(parsed, stage);
    await stage.prepare();
    const { problem } = await played(bare(plainEvent(Buffer.from("{}"))), new AbortController().signal);
    expect(problem?.message).toBe("no hosts available");
    expect(notes.map(({ message }) => message).join()).toContain("no hosts available, so every event fails");
  },
);

it("the older spelling of insecure TLS counts beside `client_tls` too", () => {
  const document = { version: 3, client_tls: { min_version: "TLS12" }, async_agent: [agent] };
  const tls = (more: object) => adapt({ ...document, ...more }).agents["a"];
  expect(tls({ allow_insecure_connections: true })).toMatchObject({
    to: [{ http: { tls: { verify: false, min: "TLSv1.2" } } }],
  });
  expect(tls({})).not.toMatchObject({ to: [{ http: { tls: { verify: false } } }] });
});

it("comments in `delivery` are no keys that mean nothing here", () => {
  const consumer = { topic: "#", delivery: { "@comment": "mine", dedupe: {} } };
  const { notes } = adapt({ version: 3, async_agent: [{ ...agent, consumer }] });
  const inside = notes.filter(({ at }) => at.includes("delivery")).map(({ at }) => at);
  expect(inside).toEqual(["$.async_agent[0].consumer.delivery.dedupe"]);
});

it("one status of success stands for a list of it", () => {
  const consumer = { topic: "#", delivery: { success_status: 204 } };
  expect(adapt({ version: 3, async_agent: [{ ...agent, consumer }] }).agents["a"]).toMatchObject({
    to: [{ answer: { success: [204] } }],
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
