import { useState } from "preact/hooks";
import { ask } from "../api/client.ts";
import type { Fleet, FleetNode } from "../api/types.ts";
import { asProblem, useAsk } from "../live/answer.ts";
import { plural, span } from "../look/format.ts";
import { Badge, standings } from "../look/standing.tsx";
import { Ago, Clock } from "../look/time.tsx";
import { Button } from "../parts/button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Empty, Loading, Trouble } from "../parts/say.tsx";
import { tell } from "../parts/toast.tsx";

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
      {data && data.nodes.length === 0 && <Nobody fleet={data} />}
      {data && data.nodes.length > 0 && (
        <>
          <p class="dim">
            {plural(data.nodes.length, "process", "processes")}; one is offline after{" "}
            {span(data.offline_after)} without a report.
          </p>
          <ul class="fleet">
            {data.nodes.toSorted(worstFirst).map((node) => (
              <Node key={node.name} node={node} refresh={refresh} />
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

function Node({ node, refresh }: { node: FleetNode; refresh: () => Promise<void> }) {
  const { name, version, standing, online, agents, last_seen, first_seen, last_sync, address } = node;
  const [past, look] = useState(false);
  const forget = async () => {
    try {
      await ask(`api/fleet/${encodeURIComponent(name)}`, { method: "DELETE" });
      tell(`${name} is forgotten`);
      await refresh();
    } catch (error) {
      tell(asProblem(error).message, true);
    }
  };
  return (
    <li class={online ? "card node" : "card node is-away"}>
      <div class="card-head">
        <h2>{name}</h2>
        <Badge state={online ? "online" : "offline"} />
        {online && <Badge state={standing} />}
      </div>
      <dl class="terms">
        <div class="term">
          <dt>Last seen</dt>
          <dd>
            <Ago at={last_seen} />
          </dd>
        </div>
        {last_sync !== undefined && (
          <div class="term">
            <dt>Last sync</dt>
            <dd>
              <Ago at={last_sync} />
            </dd>
          </div>
        )}
        <div class="term">
          <dt>First seen</dt>
          <dd>
            <Ago at={first_seen} />
          </dd>
        </div>
        <div class="term">
          <dt>Version</dt>
          <dd>{version}</dd>
        </div>
        {address !== undefined && (
          <div class="term">
            <dt>Address</dt>
            <dd>
              <code>{address}</code>
            </dd>
          </div>
        )}
      </dl>
      <ul class="node-agents" aria-label={`Agents of ${name}`}>
        {agents.map((agent) => (
          <li key={agent.name}>
            <Badge state={agent.standing} />
            <span class="node-agent">{agent.name}</span>
            <span class="kind">{agent.kind}</span>
            {agent.lag !== undefined && <span class="dim">{span(agent.lag)} behind</span>}
          </li>
        ))}
      </ul>
      <div class="controls">
        <Button onClick={() => look(true)} name={`History of ${name}`}>
          History …
        </Button>
        {!online && (
          <Button icon="trash" look="danger" onClick={forget} name={`Forget ${name}`}>
            Forget
          </Button>
        )}
      </div>
      {past && <History name={name} onClose={() => look(false)} />}
    </li>
  );
}

interface Entry {
  readonly at: number | string;
  readonly event: string;
  readonly [more: string]: unknown;
}

function History({ name, onClose }: { name: string; onClose: () => void }) {
  const { answer } = useAsk<{ entries: Entry[] }>(`api/fleet/${encodeURIComponent(name)}/history`);
  const { data, problem } = answer.value;
  return (
    <Dialog title={`History of ${name}`} wide onClose={onClose}>
      {!data && (problem ? <Trouble problem={problem} /> : <Loading />)}
      {data && data.entries.length === 0 && <Empty title="Nothing has changed yet" />}
      <ol class="history">
        {data?.entries.map(({ at, event, ...more }, index) => (
          <li key={index}>
            <span class="dim">
              <Clock at={at} />
            </span>
            <b>{event}</b>
            <span>
              {Object.values(more)
                .filter((value) => typeof value !== "object")
                .join(", ")}
            </span>
          </li>
        ))}
      </ol>
    </Dialog>
  );
}
