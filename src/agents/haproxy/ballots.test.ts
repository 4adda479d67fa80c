import { describe, expect, test } from "vitest";
import { alone, type Neighbours } from "../../core/agent.ts";
import type { HealthView, Standing } from "../../core/health.ts";
import { ballotsOf } from "./ballots.ts";
import { config } from "./config.ts";

const forever = new AbortController().signal;

/** Neighbours of which only these stand as told; nobody else exists. */
function neighbours(known: Record<string, { standing?: Standing; lag?: number | undefined }>): Neighbours {
  return {
    ...alone,
    health: (name): HealthView | undefined => {
      const health = known[name];
      if (!health) return undefined;
      const { standing = "ready", lag } = health;
      return { standing, lag: () => lag, report: () => ({ standing, since: 0, restarts: 0, parts: [] }) };
    },
  };
}

function ballots(votes: object, known: Parameters<typeof neighbours>[0] = {}) {
  const parsed = config.parse({ listen: "127.0.0.1:0", votes });
  return ballotsOf(parsed.votes!, neighbours(known));
}

/** Why each ballot is bad, or undefined. */
function looks(votes: object, known: Parameters<typeof neighbours>[0]): Promise<(string | undefined)[]> {
  return Promise.all(
    ballots(votes, known).map(({ look }) =>
      look(forever).then(
        () => undefined,
        (error: Error) => error.message,
      ),
    ),
  );
}

describe("votes on other agents", () => {
  test.each<[Standing, string | undefined]>([
    ["ready", undefined],
    ["degraded", undefined],
    ["starting", "shop is starting"],
    ["failed", "shop is failed"],
    ["stopping", "shop is stopping"],
    ["stopped", "shop is stopped"],
  ])("one that is %s: %s", async (standing, reason) => {
    expect(await looks({ agents: ["shop"] }, { shop: { standing } })).toEqual([reason]);
  });

  test("one that is gone is stopped", async () => {
    expect(await looks({ agents: ["shop"] }, {})).toEqual(["shop is stopped"]);
  });

  test.each([
    [undefined, undefined],
    [29_999, undefined],
    [30_000, undefined],
    [61_000, "shop is 61 s behind"],
  ])("with `max_lag` 30 s, one that is %s ms behind: %s", async (lag, reason) => {
    const votes = { agents: [{ name: "shop", max_lag: "30s" }] };
    expect(await looks(votes, { shop: { lag } })).toEqual([undefined, reason]);
  });

  test("not ready asks for `down`, too far behind for `drain`; both decide at once", () => {
    const [ready, fresh] = ballots({ agents: [{ name: "shop", max_lag: "30s", weight: 3 }] });
    expect(ready).toMatchObject({ asks: "down", rise: 1, fall: 1, weight: 3 });
    expect(fresh).toMatchObject({ asks: "drain", rise: 1, fall: 1, weight: 3 });
  });
});

test("every kind of look has a name that people understand, and its own rhythm", () => {
  const made = ballots({
    http: [{ url: "http://127.0.0.1:1/health", asks: "drain" }],
    tcp: [{ address: "127.0.0.1:2", every: "5s", timeout: "2s", rise: 1, fall: 1 }],
    command: [{ run: ["test", "-e", "/x"] }],
    file: [{ path: "/x", max_age: "1m" }],
  });
  expect(
    made.map(({ name, every, timeout, rise, fall, asks }) => [name, every, timeout, rise, fall, asks]),
  ).toEqual([
    ["http http://127.0.0.1:1/health", 2_000, 1_000, 2, 3, "drain"],
    ["tcp 127.0.0.1:2", 5_000, 2_000, 1, 1, "down"],
    ["command test", 2_000, 1_000, 2, 3, "down"],
    ["file /x", 2_000, 1_000, 2, 3, "down"],
  ]);
});
