import { useEffect } from "preact/hooks";
import { type ApiProblem, agentPath } from "../api/client.ts";
import type { AgentDetail, AgentStatus } from "../api/types.ts";
import { agentOf, known, version } from "../live/agents.ts";
import { useAsk } from "../live/answer.ts";
import { fetchHistory } from "../live/history.ts";
import { to } from "../live/route.ts";
import { Icon } from "../look/icons.tsx";
import { Badge } from "../look/standing.tsx";
import { Since } from "../look/time.tsx";
import { Empty, Loading, Trouble } from "../parts/say.tsx";
import { Actions } from "./actions.tsx";
import { AgentLog } from "./agent-log.tsx";
import { Charts } from "./charts.tsx";
import { Configuration } from "./configuration.tsx";
import { Controls } from "./controls.tsx";
import { KindPanel } from "./kind-panel.tsx";
import { PartsTable } from "./parts-table.tsx";
import { Problems } from "./problems.tsx";
import { sinceOf } from "./row.tsx";
import { Why } from "./why.tsx";

const tabs = [
  { id: "now", name: "Now" },
  { id: "actions", name: "Actions" },
  { id: "problems", name: "Problems" },
  { id: "log", name: "Log" },
  { id: "config", name: "Configuration" },
] as const;

/** How often what an agent tells of itself is asked for, in milliseconds. Its state comes by itself. */
const PACE = 3_000;

export function AgentPage({ name, tab }: { name: string; tab: string }) {
  version.value;
  const { answer, refresh } = useAsk<AgentDetail>(agentPath(name), PACE);
  const live = agentOf(name)?.value;
  const { data, problem } = answer.value;
  useEffect(() => void fetchHistory(name), [name]);
  // A change of state is a good moment to ask for the rest.
  useEffect(() => void (data && refresh()), [live?.standing, live?.since]);
  const status = live ?? data;
  if (!status) return <Missing name={name} problem={problem} />;
  return (
    <>
      <Head status={status} detail={data} refresh={refresh} />
      <nav class="tabs" aria-label={`About ${name}`}>
        {tabs.map(({ id, name: title }) => (
          <a key={id} href={to("agents", name, id)} aria-current={id === tab ? "page" : undefined}>
            {title}
          </a>
        ))}
      </nav>
      <Tab tab={tab} status={status} detail={data} problem={problem} refresh={refresh} />
    </>
  );
}

function Missing({ name, problem }: { name: string; problem: ApiProblem | undefined }) {
  return (
    <>
      <h1 tabIndex={-1}>{name}</h1>
      {problem?.status === 404 || (known.value && problem) ? (
        <Empty title={problem.status === 404 ? "There is no agent of this name" : problem.message}>
          <a class="button" href="#/">
            All agents
          </a>
        </Empty>
      ) : (
        <Loading lines={6} />
      )}
    </>
  );
}

interface PartProps {
  readonly status: AgentStatus;
  readonly detail: AgentDetail | undefined;
  readonly refresh: () => Promise<void>;
}

function Head({ status, detail, refresh }: PartProps) {
  const { name, kind, standing, restarts, owner } = status;
  return (
    <header class="agent-head">
      <a class="back" href="#/">
        <Icon name="back" /> Agents
      </a>
      <div class="agent-title">
        <h1 tabIndex={-1}>{name}</h1>
        <span class="kind">{kind}</span>
        <Badge state={standing} />
        <span class="dim">
          for <Since at={sinceOf(status)} />
          {restarts > 0 && `, fell and came back ${restarts} ${restarts === 1 ? "time" : "times"}`}
        </span>
      </div>
      <Controls status={status} detail={detail} refresh={refresh} />
      {owner && (
        <p class="owner">
          <Icon name={owner.managed ? "edit" : "lock"} size={14} />
          {owner.managed ? (
            <>
              Managed here; kept in <code>{owner.file}</code>
            </>
          ) : (
            <>
              Written in <code>{owner.at}</code>: change it there
            </>
          )}
        </p>
      )}
    </header>
  );
}

function Tab(props: PartProps & { tab: string; problem: ApiProblem | undefined }) {
  const { tab, status, detail, problem, refresh } = props;
  if (tab === "log") return <AgentLog name={status.name} />;
  if (!detail) return problem ? <Trouble problem={problem} onRetry={refresh} /> : <Loading lines={6} />;
  if (tab === "actions") return <Actions detail={detail} refresh={refresh} />;
  if (tab === "problems") return <Problems entries={detail.problems ?? []} />;
  if (tab === "config") return <Configuration detail={detail} />;
  return (
    <div class="now">
      <Why status={status} />
      <div class="split">
        <Charts name={status.name} kind={status.kind} />
        <PartsTable parts={status.parts} />
      </div>
      <KindPanel status={status} detail={detail} refresh={refresh} />
    </div>
  );
}
