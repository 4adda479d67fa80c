import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { examine } from "./doctor.ts";
import { shownBy } from "./shown.ts";
import { parseServersState, parseStats } from "./tables.ts";
import { type AgentReport, type Told, toldBy } from "./told.ts";

/**
 * Recorded from HAProxy 2.6.12: scripted agents that say `up 100% #ok` (fine), `up 40%` for weight 1 (one), `up 50%` for
 * weight 3 (few) and for static-rr (fixed), nothing in time (late), nothing at all (mute), a reset (reset), `up`
 * without a line end (cut), HTTP (foreign), `DOWN` and then `READY` (held), `down 100% #no, "disk"` (down), and
 * `up 100%` where an operator set maint (operator), drain (drained) or disabled the agent (disabled). At the port of
 * `refused` nobody listens, and `plain` has no agent check.
 */
const read = (name: string) =>
  readFileSync(new URL(`../../../test/fixtures/haproxy-2.6.12-${name}`, import.meta.url), "utf8");
const stats = parseStats(read("show-stat.csv"));
const servers = shownBy(stats, parseServersState(read("show-servers-state.txt")));
const fromStats = shownBy(stats, []);

/** What the agent of a recorded server tells, if it is one of ours. */
function told(name: string, answer: string, more: Partial<Told> = {}): Told {
  const port = servers.find((server) => server.name === name)?.port ?? 0;
  const services = [{ name: "*", answer, weighs: false }];
  return { agent: "web", port, waits: undefined, leaves: undefined, services, pollers: [], ...more };
}

/** The findings about one server, told by its agent what it says. */
function findings(name: string, answer?: string, more: Partial<Told> = {}) {
  const agents = answer === undefined ? [] : [told(name, answer, more)];
  return examine(servers, agents).filter(({ place }) => place === name);
}

describe("servers", () => {
  test("only those with an agent check are looked at", () => {
    expect(servers.map(({ name }) => name)).not.toContain("be/plain");
    expect(fromStats.map(({ name }) => name)).not.toContain("be/plain");
    expect(servers).toHaveLength(15);
  });

  test.each([
    ["be/fine", "up 100% #ok"],
    ["be/fine", "up ready 100%"],
    ["be/fine", "UP"],
    ["be/fine", "READY"],
    ["be/down", 'down 100% #no, "disk"'],
  ])("%s is as its agent says: %s", (name, answer) => {
    expect(findings(name, answer)).toEqual([]);
  });

  test.each([
    ["be/refused", undefined, "error", "nobody listens where HAProxy asks (L4CON)"],
    ["be/late", undefined, "error", "no whole answer came in time (L7TOUT)"],
    ["be/mute", undefined, "error", "the agent closed without a word (L7RSP)"],
    ["be/reset", undefined, "error", "the agent refused to answer (SOCKERR)"],
    ["be/cut", undefined, "error", "the answer has no line end"],
    ["be/foreign", undefined, "warning", "does not understand all of the answer: HTTP/1.1"],
    ["be/disabled", undefined, "warning", "its agent is not asked"],
    ["be/one", undefined, "error", "a share of its configured weight 1 is 0"],
    ["be/one", "up 40%", "error", "40% of its configured weight 1 is 0: it gets nothing"],
    ["be/few", "up 50%", "warning", "percents of its configured weight 3 are cut off to few steps"],
    ["old/fixed", undefined, "warning", "its static algorithm takes no weight"],
    ["old/fixed", "up 50%", "warning", "its static algorithm takes no weight"],
    ["be/held", "READY", "error", "HAProxy holds the agent for down, the agent says `READY`"],
    ["be/held", "UP", "error", "HAProxy holds the agent for down, the agent says `UP`"],
    ["be/fine", "DOWN", "error", "HAProxy holds the agent for up, the agent says `DOWN`"],
    ["be/operator", "up 100%", "warning", "HAProxy shows maint, the agent says `up 100%`"],
    ["be/drained", "up 100%", "warning", "HAProxy shows drain, the agent says `up 100%`"],
    ["be/fine", "up maint 100%", "warning", "HAProxy shows ready, the agent says `up maint 100%`"],
    ["be/fine", "up 70%", "warning", "its weight is 100, the agent says `up 70%`"],
  ])("%s, where the agent says %s: %s, %s", (name, answer, severity, what) => {
    expect(findings(name, answer)).toEqual([
      { severity, place: name, what: expect.stringContaining(what), remedy: expect.stringMatching(/\S/) },
    ]);
  });

  test("a measured weight on a small one is warned of before it does harm", () => {
    const services = [{ name: "*", answer: "up 100%", weighs: true }];
    const port = servers.find(({ name }) => name === "be/few")?.port ?? 0;
    expect(findings("be/few", "", { services, port }).map(({ what }) => what)).toEqual([
      "percents of its configured weight 3 are cut off to few steps",
    ]);
  });

  test("a late answer of an agent that waits for a line says how long it waits", () => {
    const [late] = findings("be/late", "up 100%", { waits: 100 });
    expect(late?.remedy).toContain("waits 100 ms for a line");
  });

  test("from statistics alone it finds what they show", () => {
    const places = examine(fromStats, []).map(({ place }) => place);
    expect(new Set(places)).toEqual(
      new Set([
        "be/one",
        "be/refused",
        "be/late",
        "be/mute",
        "be/reset",
        "be/cut",
        "be/foreign",
        "old/fixed",
      ]),
    );
    const [web] = [told("be/fine", "up 100%")];
    const known = examine(fromStats, [web!]).map(({ place, what }) => `${place}: ${what}`);
    expect(known).toContain("be/operator: HAProxy shows maint, the agent says `up 100%`");
    expect(known).toContain("be/drained: HAProxy shows drain, the agent says `up 100%`");
  });

  test("of several services, the one that is called like the server counts", () => {
    const services = [
      { name: "be/fine", answer: "down 100%", weighs: false },
      { name: "*", answer: "up 100%", weighs: false },
    ];
    expect(findings("be/fine", "", { services })).toHaveLength(1);
    const named = services.map((service) => ({ ...service, name: service.name.replace("be/", "") }));
    expect(findings("be/fine", "", { services: named })).toHaveLength(1);
    const unknown = services.map((service) => ({ ...service, name: `${service.name}?` }));
    expect(findings("be/fine", "", { services: unknown })).toEqual([]);
  });
});

describe("agents", () => {
  const about = (more: Partial<Told>) =>
    examine(servers, [told("be/fine", "up 100%", more)]).filter(({ place }) => place === "web");
  const poller = { address: "10.0.0.1", service: "*", first: 0, last: 1_000, polls: 11, gap: 110 };

  test("one that nobody asks", () => {
    expect(about({ port: 1 }).map(({ what }) => what)).toEqual(["no server of this HAProxy asks it"]);
    expect(about({})).toEqual([]);
  });

  test("one that waits longer than the pause between polls", () => {
    expect(about({ waits: 200, pollers: [poller] }).map(({ what }) => what)).toEqual([
      "10.0.0.1 asks every 100 ms, but it may wait 200 ms for the line of agent-send",
    ]);
    expect(about({ waits: 100, pollers: [poller] })).toEqual([]);
    expect(about({ waits: 200, pollers: [{ ...poller, service: "be/fine" }] })).toEqual([]);
    expect(about({ waits: 200, pollers: [{ ...poller, polls: 1, last: 0 }] })).toEqual([]);
  });

  test("one that leaves before it is asked again", () => {
    expect(about({ leaves: 100, pollers: [poller] }).map(({ what }) => what)).toEqual([
      "10.0.0.1 asks every 110 ms, but it leaves 100 ms after it was told to",
    ]);
    expect(about({ leaves: 110, pollers: [poller] })).toEqual([]);
  });
});

describe("what an agent tells", () => {
  const report: AgentReport = {
    name: "web",
    kind: "haproxy",
    inspect: { address: "[::1]:9777", services: [{ name: "*", answer: "UP" }], pollers: [] },
    config: { wait: 100, http: false },
  };

  test("is its port, its services, and how long it waits and drains where it does", () => {
    expect(toldBy(report)).toEqual({
      agent: "web",
      port: 9777,
      waits: undefined,
      leaves: undefined,
      services: [{ name: "*", answer: "UP", weighs: false }],
      pollers: [],
    });
    const config = { wait: 100, http: true, drain: { max: 25_000 }, weight: {} };
    expect(toldBy({ ...report, config })).toMatchObject({
      waits: 100,
      leaves: 25_000,
      services: [{ weighs: true }],
    });
  });

  test("is nothing while it does not run or has no door yet", () => {
    expect(toldBy({ ...report, inspect: null })).toBeUndefined();
    expect(toldBy({ ...report, inspect: { ...report.inspect!, address: null } })).toBeUndefined();
  });
});
