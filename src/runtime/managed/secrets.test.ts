import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { adminOf } from "../../../test/tools/admin.ts";
import { kinds as parrots } from "../../../test/tools/parrot.ts";
import { Tidy } from "../../../test/tools/tidy.ts";
import { kinds as ours } from "../../agents/kinds.ts";
import { oneOf, secret, url } from "../../config/units.ts";
import { type Agent, type AgentKind, defineAgent } from "../../core/agent.ts";
import { rung } from "../../core/life.ts";
import { revealed } from "../../core/secret.ts";

const tidy = new Tidy();

const target = z.strictObject({
  url: url(["http", "amqp"]),
  key: secret().optional(),
  name: z.string().default("x"),
});
const config = z.strictObject({
  from: oneOf({ amqp: z.strictObject({ url: url(["amqp"]) }), file: z.string() }),
  to: z.array(target).default([]),
  tokens: z.array(secret()).default([]),
  token: z.union([z.literal(false), secret()]).optional(),
  /** A secret only once it was read, and with a check behind it, which hides its title from the schema. */
  hidden: z
    .record(
      z.string(),
      secret().refine((text) => text.reveal() !== "no"),
    )
    .default({}),
  user: z.string().default(""),
});

class Keeper implements Agent {
  readonly config: z.output<typeof config>;

  constructor(given: z.output<typeof config>) {
    this.config = given;
  }

  run({ stop }: { stop: AbortSignal }): Promise<void> {
    return rung(stop);
  }
}

const keeper = defineAgent<typeof config, Keeper>({
  kind: "keeper",
  summary: "Has secrets in every place that there may be.",
  config,
  create: (given) => new Keeper(given),
});

const full = {
  kind: "keeper",
  from: { amqp: { url: "amqp://shop:canary-url@mq.example/x" } },
  to: [
    { url: "http://one.example", key: "canary-one", name: "one" },
    { url: "http://u:canary-two@two.example", key: "canary-2", name: "two" },
    { url: "http://three.example", key: "canary-three" },
  ],
  tokens: ["canary-a", "canary-b"],
  token: "canary-token",
  hidden: { x: "canary-hidden" },
  user: "canary-user-is-no-secret".replace("canary-", ""),
};

async function room() {
  const kinds = [...parrots, keeper] as unknown as AgentKind[];
  const made = await adminOf(tidy, "agents: {}", { kinds });
  const answer = await made.put("/api/agents/k", full);
  expect(answer.status).toBe(201);
  return {
    ...made,
    given: async () => (await made.get("/api/agents/k")).given as typeof full,
    kept: () => revealed((made.outrider.agent("k").agent as Keeper).config) as typeof full,
    file: () => readFileSync(join(made.source.stateDir, "agents", "k.yaml"), "utf8"),
  };
}

describe("secrets of a managed agent", () => {
  it("are masked in every answer, in the log and in errors", async () => {
    const { ask, put, post, lines, given, outrider } = await room();
    outrider.pulses.look();
    const paths = ["", "/history", "/log"].map((rest) => `/api/agents/k${rest}`);
    const answers = await Promise.all(
      [...paths, "/api/agents", "/api/process", "/api/log"].map((path) => ask(path)),
    );
    const wrong = {
      ...full,
      tokens: [{ odd: 1 }],
      from: { amqp: { url: "amqp://u:canary-bad@ h" } },
    };
    answers.push(
      await put("/api/agents/k", wrong),
      await post("/api/probe", { agent: full }),
      await post("/api/probe", { name: "k", agent: wrong }),
      await put("/api/agents/k", { ...full, from: { amqp: { url: "ftp://u:canary-ftp@h" } } }),
      await post("/api/reload"),
    );
    const shown = [...answers.map(({ text }) => text), JSON.stringify(lines)];
    expect(shown.filter((text) => text.includes("canary-"))).toEqual([]);
    expect(await given()).toEqual({
      ...full,
      from: { amqp: { url: "amqp://shop:***@mq.example/x" } },
      to: [
        { url: "http://one.example", key: "***", name: "one" },
        { url: "http://u:***@two.example", key: "***", name: "two" },
        { url: "http://three.example", key: "***" },
      ],
      tokens: ["***", "***"],
      token: "***",
      hidden: { x: "***" },
    });
  });

  it("stay what they were where they come back masked", async () => {
    const { put, given, kept, file } = await room();
    const before = [kept(), file()];
    expect((await put("/api/agents/k", await given())).status).toBe(200);
    expect([kept(), file()]).toEqual(before);
    expect((await put("/api/agents/k", { ...(await given()), user: "new", token: "new" })).status).toBe(200);
    expect(kept()).toEqual({ ...(before[0] as object), user: "new", token: "new" });
  });

  it("go with their item of a list when the list is sorted, shortened or changed", async () => {
    const { put, given, kept } = await room();
    const [one, two, three] = (await given()).to;
    const keys = async (to: unknown[]) => {
      const { status, json } = await put("/api/agents/k", { ...(await given()), to });
      return status === 200 ? kept().to.map(({ key }) => key) : json.error.mistakes;
    };
    expect(await keys([three, one, two])).toEqual(["canary-three", "canary-one", "canary-2"]);
    expect(await keys([one, two])).toEqual(["canary-one", "canary-2"]);
    expect(await keys([{ ...one, name: "uno" }, two])).toEqual(["canary-one", "canary-2"]);
    expect(await keys([{ url: "http://new.example", key: "new" }, { ...one, name: "uno" }, two])).toEqual([
      "new",
      "canary-one",
      "canary-2",
    ]);
  });

  it("are asked for again where nobody can tell which one is meant", async () => {
    const { put, given } = await room();
    const { status, json } = await put("/api/agents/k", { ...(await given()), tokens: ["***"] });
    expect([status, json.error.mistakes]).toEqual([
      422,
      [{ at: "tokens.0", message: expect.stringContaining("write the secret") }],
    ]);
  });

  it("in URLs go to the same user and host alone", async () => {
    const { put, given, kept } = await room();
    const sent = async (text: string) => {
      const { status, json } = await put("/api/agents/k", {
        ...(await given()),
        from: { amqp: { url: text } },
      });
      return status === 200 ? kept().from.amqp.url : json.error.mistakes[0].message;
    };
    expect(await sent("amqp://shop:***@mq.example/other")).toBe("amqp://shop:canary-url@mq.example/other");
    for (const elsewhere of ["amqp://shop:***@evil.example/x", "amqp://root:***@mq.example/x"]) {
      expect(await sent(elsewhere)).toContain("write it again");
    }
  });

  it("in the query of a URL stay with their host too", async () => {
    const { put, given, kept } = await room();
    const url = (await given()).to[0]!.url;
    const sent = async (text: string) => {
      const { status, json } = await put("/api/agents/k", { ...(await given()), to: [{ url: text }] });
      return status === 200 ? kept().to[0]!.url : json.error.mistakes[0].message;
    };
    await sent(`${url}/hook?shop=1&api_key=canary-query`);
    expect((await given()).to[0]!.url).toBe(`${url}/hook?shop=1&api_key=***`);
    expect(await sent(`${url}/hook?shop=2&api_key=***`)).toBe(`${url}/hook?shop=2&api_key=canary-query`);
    expect(await sent("http://evil.example/hook?api_key=***")).toContain("write it again");
  });

  it("that a kind masks by itself are masked as they were written, and kept", async () => {
    const { put, get, outrider } = await adminOf(tidy, "agents: {}", { kinds: ours });
    const queue = {
      kind: "queue",
      listen: "127.0.0.1:0",
      from: { inbox: {} },
      to: [
        {
          http: {
            url: "http://127.0.0.1:9",
            headers: { Authorization: "Bearer canary-header", "X-Shop": "seen" },
          },
        },
      ],
    };
    expect((await put("/api/agents/q?force=true", queue)).status).toBe(201);
    const { given } = await get("/api/agents/q");
    expect(given.to[0].http.headers).toEqual({ Authorization: "***", "X-Shop": "seen" });
    expect((await put("/api/agents/q?force=true", { ...given, workers: 3 })).status).toBe(200);
    expect(outrider.agent("q").config.given).toEqual({ ...queue, workers: 3 });
  });

  it("are never found where there were none", async () => {
    const { put } = await room();
    const { status, json } = await put("/api/agents/other", {
      kind: "keeper",
      from: { amqp: { url: "amqp://shop:***@mq.example" } },
      token: "***",
      user: "***",
    });
    expect([status, json.error.mistakes.map(({ at }: { at: string }) => at)]).toEqual([
      422,
      ["from.amqp.url", "token"],
    ]);
  });
});

describe("the schema of a kind", () => {
  it("tells a form which fields are secret", async () => {
    const { get } = await room();
    const { config: schema } = (await get("/api/kinds")).kinds.find(
      (each: { kind: string }) => each.kind === "parrot",
    );
    expect(schema.properties.token).toMatchObject({ format: "password", writeOnly: true });
  });

  it.each(ours.map((kind) => [kind.kind, kind] as const))(
    "of %s has no reference that a form cannot follow",
    (_name, kind) => {
      expect(
        JSON.stringify(
          z.toJSONSchema(kind.config, { io: "input", unrepresentable: "any", reused: "inline" }),
        ),
      ).not.toContain('"$ref"');
    },
  );
});
