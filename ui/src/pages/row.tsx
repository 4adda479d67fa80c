import { useEffect } from "preact/hooks";
import type { AgentStatus, Part } from "../api/types.ts";
import { agentOf, samplesOf } from "../live/agents.ts";
import { now } from "../live/clock.ts";
import { wantHistory } from "../live/history.ts";
import { to } from "../live/route.ts";
import { ago, count, span } from "../look/format.ts";
import { Sparkline } from "../look/sparkline.tsx";
import { Badge, Mark } from "../look/standing.tsx";
import { Since } from "../look/time.tsx";

/** One agent in the list: everything that matters in one line, and all of it leads to its page. */
export function Row({ name }: { name: string }) {
  useEffect(() => {
    // Not for rows that are only scrolled past.
    const timer = setTimeout(() => wantHistory(name), 300);
    return () => clearTimeout(timer);
  }, [name]);
  const status = agentOf(name)?.value;
  if (!status) return null;
  return (
    <a class={`row is-${status.standing}`} href={to("agents", name)}>
      <span class="row-name">
        <b>{name}</b>
        <span class="kind">{status.kind}</span>
      </span>
      <span class="row-state">
        <Badge state={status.standing} />
        <span class="dim">
          <Since at={sinceOf(status)} />
        </span>
      </span>
      <span class="row-why">
        <Parts parts={status.parts} />
        <span class={status.standing === "ready" ? "why dim" : "why"}>{reasonOf(status)}</span>
      </span>
      <Behind status={status} />
      <Rate status={status} />
    </a>
  );
}

function Parts({ parts }: { parts: readonly Part[] }) {
  return (
    <span class="dots" aria-hidden="true">
      {parts.map(({ name, state }) => (
        <Mark key={name} state={state} />
      ))}
    </span>
  );
}

/** Since when it is as it is. A part may have gone down long after the agent began. */
export function sinceOf({ standing, since, parts }: AgentStatus): number {
  if (standing !== "degraded") return since;
  return Math.min(...parts.filter(({ state }) => state === "down").map((part) => part.since));
}

/** Why an agent is not well, or that it is. */
export function reasonOf({ standing, parts, problem }: AgentStatus): string {
  const down = parts.filter(({ state }) => state === "down");
  const first = down.find((part) => part.problem);
  const more = down.length > 1 ? ` (and ${down.length - 1} more)` : "";
  if (first) return `${first.name}: ${first.problem!.message}${more}`;
  if (standing === "failed" || problem) return problem?.message ?? "it fell; the log says why";
  if (standing === "stopped") return "stopped until it is started";
  const waits = parts.filter(({ state }) => state === "connecting").map(({ name }) => name);
  if (standing === "starting") return waits.length > 0 ? `waits for ${waits.join(", ")}` : "starts";
  return waits.length > 0 ? `fine; ${waits.join(", ")} not used yet` : "all parts up";
}

/** How far it is behind: the age of the oldest item, or when its origin last gave a sign of life. */
function Behind({ status: { lag, parts } }: { status: AgentStatus }) {
  const seen = Math.max(0, ...parts.map((part) => part.seen ?? 0));
  if (lag !== undefined) {
    return (
      <span class="row-age right">
        {lag < 1 ? "0 s" : span(lag)} <span class="row-label">behind</span>
      </span>
    );
  }
  return (
    <span class="row-age right dim">
      {seen > 0 ? (
        <>
          <span class="row-label">seen</span> {ago(seen, now.value)}
        </>
      ) : (
        "–"
      )}
    </span>
  );
}

function Rate({ status: { name, pulse: newest } }: { status: AgentStatus }) {
  const samples = samplesOf(name);
  const rate = samples.at(-1)?.[1] ?? newest?.rate;
  return (
    <span class="row-rate right">
      <Sparkline samples={samples} />
      <span class="number">{rate === undefined ? "–" : count(rate)}</span>
      <span class="row-label">/s</span>
    </span>
  );
}
