import type { Fleet, FleetNode, Reporting } from "../api/types.ts";
import { useAsk } from "../live/answer.ts";
import { plural, span } from "../look/format.ts";
import { Badge, standings } from "../look/standing.tsx";
import { Ago } from "../look/time.tsx";
import { Empty, Loading, Trouble } from "../parts/say.tsx";
import { FleetNodeCard } from "./fleet-node.tsx";

/** Several processes side by side: those that report to this one. */
export function FleetPage() {
  const { answer, refresh } = useAsk<Fleet>("api/fleet", 5_000);
  const { data, problem } = answer.value;
  return (
    <>
      <div class="page-head">
        <h1 tabIndex={-1}>Fleet</h1>
      </div>
      {!data && (problem ? <NoFleet status={problem.status} problem={problem} /> : <Loading lines={4} />)}
      {data?.reporting && <Reports reporting={data.reporting} />}
      {data && data.nodes.length === 0 && !data.reporting && <Nobody fleet={data} />}
      {data && data.nodes.length > 0 && (
        <>
          <p class="dim">
            {plural(data.nodes.length, "process", "processes")}
            {data.offline_after !== undefined &&
              `; one is offline after ${span(data.offline_after)} without a report`}
            .
          </p>
          <ul class="fleet">
            {data.nodes.toSorted(worstFirst).map((node) => (
              <FleetNodeCard key={node.name} node={node} refresh={refresh} />
            ))}
          </ul>
        </>
      )}
    </>
  );
}

function worstFirst(a: FleetNode, b: FleetNode): number {
  const rank = ({ online, standing }: FleetNode) => (online ? 1 + standings.indexOf(standing) : 0);
  return rank(a) - rank(b) || a.name.localeCompare(b.name);
}

function NoFleet({ status, problem }: { status: number; problem: Parameters<typeof Trouble>[0]["problem"] }) {
  return status === 404 ? <Nobody /> : <Trouble problem={problem} />;
}

function Nobody({ fleet }: { fleet?: Fleet }) {
  return (
    <Empty title={fleet?.listening ? "Nobody has reported yet" : "This process keeps no fleet"}>
      <p>
        {fleet?.listening
          ? "Let the others report to this one:"
          : "To see several processes side by side, let one of them listen, and the others report to it:"}
      </p>
      <pre class="code left">
        {`${fleet?.listening ? "" : "# here\nfleet: { listen: true }\n\n"}# in each of the others\nfleet: { report_to: ${location.origin} }`}
      </pre>
    </Empty>
  );
}

/** How this process's own reports fare. */
function Reports({ reporting }: { reporting: Reporting }) {
  const { to, name, state, problem, last_report, conflict } = reporting;
  return (
    <section class="card">
      <div class="card-head">
        <h2>This process reports</h2>
        <Badge state={state} text={state === "connecting" ? "waiting" : state} />
      </div>
      <p>
        To <code>{to}</code> as <b>{name}</b>; the last report arrived <Ago at={last_report} />.{" "}
        <a href={`${to}/#/fleet`}>See the fleet there</a>.
      </p>
      {problem && (
        <>
          <p>{problem.message}</p>
          {problem.remedy && <p class="remedy">{problem.remedy}</p>}
        </>
      )}
      {conflict !== undefined && <p class="say-inline">Another process has this name: {conflict}</p>}
    </section>
  );
}
