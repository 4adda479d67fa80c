import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { fittingName } from "../../config/fleet.ts";
import type { HealthReport } from "../../core/health.ts";
import { presentable } from "../../core/secret.ts";
import { reasons } from "../reasons.ts";
import { version } from "../version.ts";
import type { AgentReport, Report } from "./report.ts";

/** How an agent is, as far as a report tells. */
export interface Member extends HealthReport {
  readonly name: string;
  readonly kind: string;
  readonly required: boolean;
}

/** Of so many agents a report tells, those that are not well first. */
const MOST_AGENTS = 2_000;
/** Of so many reasons, and of so many letters of each. */
const MOST_REASONS = 3;
const LONGEST = 300;

/** Parts whose last sign of life means: here the agent heard from what it follows. */
const SYNCED = /\b(?:origin|source|link)\b/;

/** This run of this process. */
const instance = randomUUID();

/** The name of this process in a fleet, unless the configuration gives one. */
export function ownName(): string {
  return fittingName(hostname());
}

/** What this process says of itself. */
export function reportOf(members: readonly Member[], own: { name: string; every: number }): Report {
  const ailing = (member: Member) => (member.standing === "ready" ? 1 : 0);
  const told = members.length > MOST_AGENTS ? [...members].sort((a, b) => ailing(a) - ailing(b)) : members;
  return {
    ...own,
    instance,
    version,
    host: hostname(),
    pid: process.pid,
    uptime: Math.round(process.uptime() * 1_000),
    standing: standingOf(members),
    agents: told.slice(0, MOST_AGENTS).map(agentOf),
    agents_total: members.length,
  };
}

/** The last word of a process. */
export function farewellOf(report: Report): Report {
  return {
    ...report,
    standing: "stopped",
    agents: report.agents.map((agent) => ({ ...agent, standing: "stopped" })),
  };
}

/** A whole process in one word: the worst of its agents counts, a failed one that is not required as a blemish. */
export function standingOf(members: readonly Member[]): string {
  const has = (standing: string, required?: boolean) =>
    members.some(
      (each) => each.standing === standing && (required === undefined || each.required === required),
    );
  if (has("failed", true)) return "failed";
  if (has("starting", true)) return "starting";
  const well = members.every(({ standing }) => standing === "ready");
  return well ? "ready" : members.every(({ standing }) => isLeaving(standing)) ? "stopping" : "degraded";
}

function isLeaving(standing: string): boolean {
  return standing === "stopping" || standing === "stopped";
}

function agentOf(member: Member): AgentReport {
  const { name, kind, standing, required, lag } = member;
  const age = syncAge(member);
  const why = reasons(member).slice(0, MOST_REASONS);
  return {
    name,
    kind,
    standing,
    required,
    ...(lag !== undefined && { lag: Math.max(0, Math.round(lag)) }),
    ...(age !== undefined && { sync_age: age }),
    ...(why.length > 0 && { why: why.map((text) => String(presentable(text)).slice(0, LONGEST)) }),
  };
}

function syncAge({ parts }: Member): number | undefined {
  const seen = parts.flatMap((part) =>
    SYNCED.test(part.name) && part.seen !== undefined ? [part.seen] : [],
  );
  return seen.length === 0 ? undefined : Math.max(0, Date.now() - Math.max(...seen));
}
