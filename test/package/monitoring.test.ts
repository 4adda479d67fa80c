import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { coreMetrics } from "../../src/core/core-metrics.ts";
import { folder } from "../tools/folder.ts";
import { describeWith } from "../tools/needs.ts";
import { startOutrider } from "../tools/outrider.ts";
import { freePort } from "../tools/ports.ts";
import { startProgram } from "../tools/program.ts";
import { Tidy } from "../tools/tidy.ts";
import { until } from "../tools/until.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const ALERTS = join(ROOT, "deploy", "prometheus", "alerts.yaml");
const tidy = new Tidy();

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
}
interface Panel {
  readonly id: number;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string }[];
}

const { groups } = parse(readFileSync(ALERTS, "utf8")) as { groups: [{ rules: Rule[] }] };
const rules = groups[0].rules;
const { panels } = JSON.parse(readFileSync(join(ROOT, "deploy/grafana/outrider.json"), "utf8")) as {
  panels: Panel[];
};

/** Series, one value a minute, that must ring an alert half an hour later; and others that must not. */
type Case = readonly [rings: Record<string, string>, quiet: Record<string, string>];

const P = 'instance="i",job="outrider"';
const A = `agent="a",kind="k",${P}`;
const one = (name: string, rings: string, quiet: string, labels = ""): Case => [
  { [`${name}{${A}${labels}}`]: rings },
  { [`${name}{${A}${labels}}`]: quiet },
];
const STILL = "7x40";
const GROWING = "0+5x40";

const cases: Record<string, Case> = {
  OutriderAway: [
    { 'up{job="outrider",instance="i"}': "1x20 0x20" },
    { 'up{job="other",instance="i"}': "0x40" },
  ],
  OutriderAgentDown: one("outrider_agent_up", "1x20 0x20", "0.5x40"),
  OutriderAgentDegraded: one("outrider_agent_up", "1x10 0.5x30", "1x25 0.5x15"),
  OutriderAgentFell: one("outrider_agent_restarts_total", "0x25 1x15", "1x40"),
  OutriderAgentBehind: one("outrider_agent_lag_seconds", "0+60x40", "300x40"),
  OutriderPartFlaps: one("outrider_problems_total", "0+1x40", "0x25 1x15", ',part="p",code="c"'),
  OutriderSpoolFilling: [
    {
      [`outrider_spool_bytes{${A},spool="s"}`]: "85x40",
      [`outrider_spool_limit_bytes{${A},spool="s"}`]: "100x40",
    },
    {
      [`outrider_spool_bytes{${A},spool="s"}`]: "75x40",
      [`outrider_spool_limit_bytes{${A},spool="s"}`]: "100x40",
    },
  ],
  OutriderSpoolLosesItems: one("outrider_spool_lost_bytes_total", GROWING, STILL, ',spool="s"'),
  OutriderEventLoopBlocked: one("nodejs_eventloop_lag_p99_seconds", "0.9x40", "0.02x40"),
  OutriderQueueSetsAside: one("outrider_queue_settled_total", "0x25 1x15", "1x40", ',outcome="rejected"'),
  OutriderQueueStuck: [
    {
      [`outrider_queue_in_flight{${A}}`]: "3x40",
      [`outrider_queue_settled_total{${A},outcome="delivered"}`]: STILL,
    },
    {
      [`outrider_queue_in_flight{${A}}`]: "3x40",
      [`outrider_queue_settled_total{${A},outcome="delivered"}`]: GROWING,
      [`outrider_queue_settled_total{${A},outcome="filtered"}`]: STILL,
    },
  ],
  OutriderQueueOldEvents: [
    {
      [`outrider_queue_event_age_seconds_bucket{${A},le="300"}`]: "0x40",
      [`outrider_queue_event_age_seconds_bucket{${A},le="3600"}`]: GROWING,
      [`outrider_queue_event_age_seconds_bucket{${A},le="+Inf"}`]: GROWING,
    },
    {
      [`outrider_queue_event_age_seconds_bucket{${A},le="300"}`]: GROWING,
      [`outrider_queue_event_age_seconds_bucket{${A},le="+Inf"}`]: GROWING,
    },
  ],
  OutriderCeleryRejected: one("outrider_celery_rejected_total", "0x25 1x15", "1x40"),
  OutriderCeleryLost: one("outrider_celery_lost_total", GROWING, STILL),
  OutriderCeleryUnstored: one("outrider_celery_unstored_total", "0x25 1x15", "1x40"),
  OutriderCeleryQueueGrows: one("outrider_celery_queue_messages", "10000+100x40", "20000-100x40"),
  OutriderCeleryGaps: one("outrider_celery_missing_tasks", "4x40", "0x40"),
  OutriderFlagsTurnsAway: one("outrider_flags_turned_away_total", "0+90x40", GROWING, ',reason="token"'),
  OutriderHaproxyUnasked: one("outrider_haproxy_pollers", "2x20 0x20", "2x40"),
  OutriderHaproxyRefuses: one("outrider_haproxy_refused_total", "0+60x40", STILL),
  OutriderRedirectsBadRules: one("outrider_redirects_bad_rules", "3x40", "0x40"),
  OutriderFleetNodeOffline: [
    { [`outrider_fleet_node_online{${P},node="n"}`]: "1x20 0x20" },
    { [`outrider_fleet_node_online{${P},node="n"}`]: "1x40" },
  ],
  OutriderFleetUnreported: [
    { [`outrider_fleet_link_up{${P}}`]: "1x15 0x25" },
    { [`outrider_fleet_link_up{${P}}`]: "1x25 0x15" },
  ],
};

describe("the dashboard", () => {
  it("shows every series that there is", () => {
    const asked = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)).join("\n");
    const told = readFileSync(join(ROOT, "docs/reference/metrics.md"), "utf8");
    const names = [...told.matchAll(/^\| `(outrider_\w+)`/gm)].map(([, name = ""]) => name);
    expect(names.length).toBeGreaterThan(Object.keys(coreMetrics).length);
    expect(names.filter((name) => !asked.includes(name))).toEqual([]);
  });

  it("has panels that do not lie on each other", () => {
    const taken = new Map<string, string>();
    for (const { title, gridPos } of panels) {
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(x).toBeLessThan(24);
          expect([title, taken.get(`${x},${y}`)]).toEqual([title, undefined]);
          taken.set(`${x},${y}`, title);
        }
      }
    }
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  });
});

describeWith("promtool")("the alerts, as promtool sees them", () => {
  it("are rules", () => {
    expect(execFileSync("promtool", ["check", "rules", ALERTS], { encoding: "utf8" })).toContain(
      `SUCCESS: ${rules.length} rules found`,
    );
  });

  it("all have a case", () => expect(Object.keys(cases)).toEqual(rules.map(({ alert }) => alert)));

  it.each(Object.entries(cases))(
    "%s rings when it should, and else does not",
    async (name, [rings, quiet]) => {
      const file = join(await folder(tidy), "test.yaml");
      const input = (series: Record<string, string>) =>
        Object.entries(series).map(([each, values]) => ({ series: each, values }));
      // What it says is read back from what promtool expected in vain, since it would else have to be written twice.
      const play = (series: Record<string, string>) => {
        const asked = { eval_time: "30m", alertname: name, exp_alerts: [] };
        const tests = [{ interval: "1m", input_series: input(series), alert_rule_test: [asked] }];
        writeFileSync(file, stringify({ rule_files: [ALERTS], tests }));
        try {
          execFileSync("promtool", ["test", "rules", file], { encoding: "utf8", stdio: "pipe" });
          return "";
        } catch (error) {
          return String((error as { stdout: string }).stdout) + (error as { stderr: string }).stderr;
        }
      };
      const said = play(rings);
      expect(said).toMatch(new RegExp(`got:\\[\\s*0:\\s*Labels:\\{.*alertname="${name}"`));
      expect(said).toMatch(/description="[A-Z`][^"]+", summary="[^"]+"/);
      expect(said).not.toMatch(/<no value>|%!/);
      expect(play(quiet)).toBe("");
    },
  );
});

describeWith("prometheus")("a real Prometheus beside the demo", () => {
  it("reads every series, finds each question of the dashboard well put, and rings for nothing", async () => {
    const path = await folder(tidy);
    const env: Record<string, string> = {};
    for (const name of ["ADMIN", "HTTP", "CHECK", "INBOX", "FLAGS"])
      env[`DEMO_${name}`] = `127.0.0.1:${await freePort()}`;
    const outrider = await startOutrider(tidy, { args: ["demo", "--dir", join(path, "demo")], env });
    await outrider.says("every required agent is ready");
    const exposed = await (await fetch(`http://${env["DEMO_ADMIN"]}/metrics`)).text();
    // Those of Node.js are not ours to name.
    const ours = exposed.replace(/^(# \w+ )?(nodejs|process)_.*\n/gm, "");
    const lint = () => execFileSync("promtool", ["check", "metrics"], { input: ours, stdio: "pipe" });
    expect(lint).not.toThrow();

    const url = `http://${await prometheus(path, env["DEMO_ADMIN"]!)}`;
    const ask = async (query: string) => {
      const answer = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query })}`);
      return (await answer.json()) as { status: string; error?: string; data: { result: unknown[] } };
    };
    await until("it was read twice", async () => {
      const { data } = await ask('count_over_time(up{job="outrider"}[1m]) > 1');
      return data.result.length > 0;
    });
    for (const { title, targets = [] } of panels) {
      for (const { expr } of targets) {
        const { status, error } = await ask(filled(expr));
        expect([title, error, status]).toEqual([title, undefined, "success"]);
      }
    }
    const { data } = await ask(filled(panels.find(({ title }) => title === "State")!.targets![0]!.expr));
    expect(data.result).toHaveLength(5);
    const { data: firing } = await ask('ALERTS{alertstate="firing"}');
    expect(firing.result).toEqual([]);
  });
});

/** A question as Grafana would ask it with everything chosen. */
function filled(expr: string): string {
  return expr.replaceAll(/\$(job|instance|agent)/g, ".*").replaceAll("$__rate_interval", "1m");
}

/** A Prometheus that asks an admin API each second. @returns where it listens */
async function prometheus(path: string, admin: string): Promise<string> {
  const listen = `127.0.0.1:${await freePort()}`;
  const config = join(path, "prometheus.yaml");
  writeFileSync(
    config,
    stringify({
      global: { scrape_interval: "200ms", scrape_timeout: "200ms", evaluation_interval: "1s" },
      rule_files: [ALERTS],
      scrape_configs: [{ job_name: "outrider", static_configs: [{ targets: [admin] }] }],
    }),
  );
  const args = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(path, "data")}`,
    `--web.listen-address=${listen}`,
    "--log.level=error",
  ];
  const up = async () => (await fetch(`http://${listen}/-/ready`)).ok;
  await startProgram(tidy, "prometheus", { args, up });
  return listen;
}
