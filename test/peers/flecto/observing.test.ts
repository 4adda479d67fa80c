import { beforeAll, describe, expect, it } from "vitest";
import { ask, sentTo } from "../../tools/ask.ts";
import { servingPort } from "../../tools/managed-process.ts";
import { type OutriderProcess, runOutrider, startOutrider } from "../../tools/outrider.ts";
import { exchange } from "../../tools/raw-http.ts";
import { rulesFile, startShop } from "../../tools/shop.ts";
import { Tidy } from "../../tools/tidy.ts";

const all = new Tidy("all");
const tidy = new Tidy();

const rules = {
  redirects: [
    { source: "/old", target: "/new" },
    { source: "/never", target: "/x" },
    { type: "REGEX", source: "^/blog/([0-9]+)$", target: "/articles/$1", status: 302 },
    { type: "REGEX", source: "^/blog/(.*)$", target: "/other/$1" },
    { type: "REGEX", source: "^/(en|es)/old$", target: "/$1/new" },
    { source: "/a", target: "/b" },
    { source: "/b", target: "/a" },
  ],
};

/** A running Outrider with two agents on one port, each for its hosts, and with its own options. */
async function start() {
  const from = { file: await rulesFile(all, rules) };
  const agent = { kind: "redirects", listen: "127.0.0.1:0", from };
  const config = {
    agents: { shop: agent, docs: { ...agent, matching: "fixed", query: "ignore" } },
    admin: { listen: "127.0.0.1:0" },
  };
  const outrider = await startOutrider(all, { config });
  return { outrider, shop: await servingPort(outrider), docs: await servingPort(outrider, "docs") };
}

describe("what can be asked of a running agent", () => {
  let outrider: OutriderProcess;
  let shop: number;
  let docs: number;

  beforeAll(async () => {
    ({ outrider, shop, docs } = await start());
  });

  /** The result of an action by the API. */
  const act = async <T>(action: string, input: object = {}, agent = "shop") =>
    (await outrider.api<{ result: T }>(`/api/agents/${agent}/actions/${action}`, input)).result;

  /** The same by the command line. */
  const call = async (...words: string[]) => {
    const { admin } = await outrider.says("outrider is running");
    return runOutrider(tidy, { args: ["call", "--admin", `http://${admin}`, ...words] });
  };

  it("`hits`: how often each rule was used, and when last; `unused`: the others", async () => {
    const before = Math.floor(Date.now() / 1_000) * 1_000;
    for (const uri of ["/old", "/blog/7", "/old", "/old"]) await ask(shop, uri);
    type Hits = { rules: { rule: { source: string }; hits: number; last: string }[] }[];
    const [{ rules: used } = { rules: [] }] = await act<Hits>("hits", { most: 2 });
    expect(used.map(({ rule, hits }) => `${hits} ${rule.source}`)).toEqual(["3 /old", "1 ^/blog/([0-9]+)$"]);
    for (const { last } of used) {
      expect(Date.parse(last)).toBeGreaterThanOrEqual(before);
      expect(Date.parse(last)).toBeLessThanOrEqual(Date.now());
    }
    type Rules = { found: number; rules: { source: string; hits: number; last?: string }[] };
    const listed = await act<Rules>("rules", { search: "blog" });
    expect(listed.rules.map(({ source, hits, last }) => [source, hits, last !== undefined])).toEqual([
      ["^/blog/([0-9]+)$", 1, true],
      ["^/blog/(.*)$", 0, false],
    ]);
    const { found, rules } = await act<Rules>("rules", { most: 1 });
    expect([found > 2, rules.map(({ source }) => source)]).toEqual([true, ["/old"]]);
    const [{ rules: never } = { rules: [] }] = await act<{ rules: { source: string }[] }[]>("unused");
    expect(never.map(({ source }) => source)).toEqual([
      "/never",
      "^/blog/(.*)$",
      "^/(en|es)/old$",
      "/a",
      "/b",
    ]);
  });

  it("`misses`: what matched nothing, the most frequent first", async () => {
    for (const uri of ["/lost?a", "/lost?a", "/rare"]) await ask(docs, uri);
    expect(await act("misses", { most: 1 }, "docs")).toEqual({
      total: 3,
      urls: [{ url: "example.com/lost?a", count: 2 }],
    });
  });

  it("`explain`, by API: what is compared, gates, candidates in order, winner; and it counts nothing", async () => {
    const told = await act<object>("explain", { url: "https://example.com/blog/7" });
    expect(told).toMatchObject({
      host: "example.com",
      uri: "/blog/7",
      tried: [
        {
          compared: "example.com/blog/7",
          candidates: [
            { source: "^/blog/([0-9]+)$", gate: "/blog/", matches: true },
            { source: "^/blog/(.*)$", gate: "/blog/", matches: true },
          ],
        },
      ],
      answer: { status: 302, location: "/articles/7", rule: { source: "^/blog/([0-9]+)$" } },
    });
    expect(JSON.stringify(await act("hits"))).not.toContain('"hits":2');
  });

  it("`explain`, by command line, agrees with what is served, for each agent by its own options", async () => {
    for (const [agent, port] of [["shop", shop] as const, ["docs", docs] as const]) {
      const { status, stdout } = await call(agent, "explain", "url=//example.com/es/old?x=1");
      expect(status).toBe(0);
      const { answer } = JSON.parse(stdout) as { answer: { status: number; location: string } | string };
      const said = typeof answer === "string" ? answer : `${answer.status} ${answer.location}`;
      const served = await sentTo(port, "/es/old?x=1");
      expect([agent, said, served]).toEqual(
        agent === "docs"
          ? ["docs", "301 /es/new", "301 /es/new"]
          : ["shop", "no rule and no page matches", "404"],
      );
    }
  });

  it("`lint`: dead rules, loops and more; what `fixed` revives is not dead", async () => {
    const kinds = async (agent: string) => {
      const [report] = await act<{ counts: Record<string, number> }[]>("lint", {}, agent);
      return report?.counts;
    };
    expect(await kinds("shop")).toMatchObject({ dead: 1, loop: 2 });
    expect(await kinds("docs")).not.toHaveProperty("dead");
  });

  it("metrics: decisions by result, how long they took, rules, and no others' words as labels", async () => {
    // One decision in 64 is measured.
    const line = "GET /old HTTP/1.1\r\nhost: h\r\n";
    await exchange(shop, `${`${line}\r\n`.repeat(127)}${line}connection: close\r\n\r\n`);
    const { admin } = await outrider.says("outrider is running");
    const text = await (await fetch(`http://${admin}/metrics`)).text();
    expect(text).toMatch(/outrider_redirects_decisions_total\{[^}]*result="redirect"[^}]*\} [1-9]/);
    expect(text).toMatch(/outrider_redirects_decisions_total\{[^}]*result="none"[^}]*\} [1-9]/);
    expect(text).toMatch(/outrider_redirects_decision_seconds_count\{[^}]*agent="shop"[^}]*\} [1-9]/);
    expect(text).toMatch(/outrider_redirects_rules\{[^}]*\} 7/);
    expect(text).not.toContain("/lost");
  });

  it("a mistake is told with the field", async () => {
    const { status, stderr } = await call("shop", "explain", "uri=/x");
    expect(status).not.toBe(0);
    expect(stderr).toContain("url");
  });
});

describe("what is passed on to the upstream", () => {
  it("is counted as a decision for nothing, once, and among the misses", async () => {
    const { port: upstream } = await startShop(tidy, {}, { rules });
    const url = `http://127.0.0.1:${upstream}`;
    const { port, agent } = await startShop(tidy, { upstream: url, query: "ignore" }, { rules });
    for (const uri of ["/lost", "/lost", "/old"]) await ask(port, uri);
    expect(agent.inspect()).toMatchObject({ decisions: { none: 2, redirect: 1 } });
    expect(agent.misses.top(1)).toEqual([{ url: "example.com/lost", count: 2 }]);
  });
});
