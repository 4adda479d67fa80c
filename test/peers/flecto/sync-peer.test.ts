import { describe, expect, it } from "vitest";
import { folder } from "../../tools/folder.ts";
import { flectoOf, partIs, partOf, startManaged, startManager, versionOf } from "../../tools/managed-shop.ts";
import type { ManagerState, Seen, StandInManager } from "../../tools/manager.ts";
import { type Shop, startShop } from "../../tools/shop.ts";
import { Tidy } from "../../tools/tidy.ts";
import { until } from "../../tools/until.ts";
import { vectors } from "../../tools/vectors.ts";

interface Scenario {
  readonly id: string;
  readonly title: string;
  readonly before: { readonly state_version: number };
  readonly agent_name?: string;
  readonly agent_type?: string;
  readonly manager: {
    readonly version?: string;
    readonly redirects?: readonly object[];
    readonly pages?: readonly object[];
    readonly redirect_total?: number;
    readonly version_status?: number;
    readonly agents_status?: number;
    readonly hit_status?: number;
  };
  readonly requests: readonly {
    readonly method: string;
    readonly path: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: Readonly<Record<string, unknown>> | null;
  }[];
  readonly after: { readonly state_version: number; readonly error: boolean };
}

interface VersionBody {
  readonly body: string;
  readonly ok: boolean;
  readonly value: number | null;
}

const tidy = new Tidy();
const { scenarios, version_bodies } = vectors<{ scenarios: Scenario[]; version_bodies: VersionBody[] }>(
  "flecto-sync.json",
);

describe("with `sync: peer`, the Manager sees exactly the peer's requests", () => {
  it.each(scenarios.map((scenario) => [scenario.id, scenario.title, scenario] as const))(
    "%s %s",
    async (_id, _title, scenario) => {
      const manager = await startManager(tidy, { version: `${scenario.before.state_version}\n` });
      const type = scenario.agent_type as "default" | undefined;
      const own = { sync: "peer" as const, agent: scenario.agent_name ?? "edge-1", ...(type && { type }) };
      if (type !== undefined && !["default", "traefik"].includes(type)) {
        await expect(startManaged(tidy, manager, own)).rejects.toThrow("type");
        expect(manager.seen).toEqual(scenario.requests);
        return;
      }
      // Where a scenario does not say otherwise, the recorded Manager knew everybody.
      manager.agents.set(own.agent, { status: "success", type: "default", version: 1, error: "", hits: 0 });
      const first = scenario.before.state_version === 0;
      if (first) Object.assign(manager.state, stateOf(scenario));
      const shop = await startManaged(tidy, manager, own);
      if (!first) await reload(shop, manager, scenario);
      await finished(shop, manager, scenario);
      compare(manager.seen, scenario);
      expect(Number(versionOf(shop) ?? 0)).toBe(scenario.after.state_version);
      expect(partOf(shop, "origin")?.state).toBe(scenario.after.error ? "down" : "up");
    },
  );
});

function stateOf({ manager }: Scenario): Partial<ManagerState> {
  const { version, redirects, pages, redirect_total } = manager;
  const { version_status, agents_status, hit_status } = manager;
  return {
    ...(version !== undefined && { version }),
    ...(redirects && { redirects }),
    ...(pages && { pages }),
    ...(redirect_total !== undefined && { redirectTotal: redirect_total }),
    statuses: {
      ...(version_status !== undefined && { version: version_status }),
      ...(agents_status !== undefined && { agents: agents_status }),
      ...(hit_status !== undefined && { hit: hit_status }),
    },
  };
}

/** Lets the agent load the version that it has before the scenario, and then look again. */
async function reload(shop: Shop, manager: StandInManager, scenario: Scenario): Promise<void> {
  await until("loaded", () => versionOf(shop) === String(scenario.before.state_version));
  await manager.saw(({ method }) => method === "POST");
  await partIs(shop, "origin", "up");
  manager.seen.length = 0;
  Object.assign(manager.state, stateOf(scenario));
  shop.agent.refresh();
}

/** A failure ends a reload for an hour; a success is over when the agent hears of the next look. */
async function finished(shop: Shop, manager: StandInManager, { requests, after }: Scenario): Promise<void> {
  await manager.received(requests.length);
  if (after.error) {
    await partIs(shop, "origin", "down");
    return;
  }
  shop.agent.refresh();
  await manager.received(requests.length + 1);
  manager.seen.length = requests.length;
}

function compare(seen: readonly Seen[], { requests }: Scenario): void {
  expect(seen.map(({ method, path }) => `${method} ${path}`)).toEqual(
    requests.map(({ method, path }) => `${method} ${path}`),
  );
  for (const [i, { headers, body }] of requests.entries()) {
    expect(seen[i]!.headers).toMatchObject({ authorization: "Bearer flecto_abc", ...headers });
    if (!body) {
      expect(seen[i]!.raw).toBe("");
      expect(seen[i]!.headers).not.toHaveProperty("content-type");
    } else expectBody(seen[i]!, body);
  }
}

/** The same text, but for the duration: order of keys, no blanks, Go's escapes. */
function expectBody({ raw, body }: Seen, expected: Readonly<Record<string, unknown>>): void {
  const { load_duration: duration } = body as { load_duration: number };
  expect(Number.isInteger(duration) && duration > 0).toBe(true);
  const text = JSON.stringify({ ...expected, load_duration: duration });
  expect(raw).toBe(text.replaceAll("<", "\\u003c").replaceAll(">", "\\u003e").replaceAll("&", "\\u0026"));
}

describe("the peer's further habits", () => {
  it("writes what Go escapes as Go does", async () => {
    const source = "(?P<a&b>x)";
    const manager = await startManager(tidy, {
      redirects: [{ type: "REGEX", source, target: "/", status: "" }],
    });
    await startManaged(tidy, manager, { sync: "peer" });
    const { raw } = await manager.saw(({ method }) => method === "POST");
    expect(raw).toContain(
      '"error":"error parsing regexp: invalid named capture: `(?P\\u003ca\\u0026b\\u003e`"}',
    );
  });

  it("carries the token in the header that is configured, behind the word Bearer", async () => {
    const manager = await startManager(tidy);
    await startManaged(tidy, manager, { sync: "peer", header: "X-Flecto-Token" });
    const { headers } = await manager.saw(({ method }) => method === "POST");
    expect(headers).toMatchObject({ "x-flecto-token": "Bearer flecto_abc" });
    expect(headers).not.toHaveProperty("authorization");
  });

  it("starts from nothing after a restart, also where a snapshot is served meanwhile", async () => {
    const stateDir = await folder(tidy);
    const manager = await startManager(tidy, { version: "4\n" });
    const start = () => startManaged(tidy, manager, { sync: "peer" }, { stateDir, timeout: 10_000 });
    const first = await start();
    await manager.saw(({ method }) => method === "POST");
    await first.agent.close();
    manager.seen.length = 0;
    await start();
    await manager.saw(({ method }) => method === "POST");
    expect(manager.seen.map(({ method }) => method)).toEqual(["GET", "GET", "GET", "GET", "POST"]);
  });

  it("asks again after the interval, and not before, whatever went wrong", async () => {
    const manager = await startManager(tidy, { statuses: { version: 503 } });
    const began = performance.now();
    await startManaged(tidy, manager, { sync: "peer", every: "300ms" });
    await manager.received(3);
    expect(performance.now() - began).toBeGreaterThan(590);
  });
});

describe("the body of the version route", () => {
  it.each(version_bodies.map((vector) => [JSON.stringify(vector.body), vector] as const))(
    "%s",
    async (_text, { body, ok, value }) => {
      const manager = await startManager(tidy, { version: body });
      const shop = await startShop(
        tidy,
        { from: { flecto: flectoOf(manager) } },
        { timeout: 0, listen: false },
      );
      if (ok) await until("loaded", () => versionOf(shop) === String(value));
      else {
        const { problem } = await partIs(shop, "origin", "down");
        expect(problem?.code).toBe("answer_unexpected");
        expect(versionOf(shop)).toBeNull();
      }
    },
  );
});
