import { useState } from "preact/hooks";
import { ask } from "../api/client.ts";
import type { FleetNode } from "../api/types.ts";
import { asProblem } from "../live/answer.ts";
import { plural, span } from "../look/format.ts";
import { Badge } from "../look/standing.tsx";
import { Ago } from "../look/time.tsx";
import { Button } from "../parts/button.tsx";
import { tell } from "../parts/toast.tsx";
import { FleetHistory } from "./fleet-history.tsx";

interface FleetNodeProps {
  readonly node: FleetNode;
  readonly refresh: () => Promise<void>;
}

/** One process of the fleet, with its agents. */
export function FleetNodeCard({ node, refresh }: FleetNodeProps) {
  const { name, version, standing, online, agents, last_seen, first_seen, last_sync, address, conflict } =
    node;
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
      {conflict?.map((other) => (
        <p key={other} class="say-inline">
          Another process reports under this name: {other}
        </p>
      ))}
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
            {agent.why?.map((why) => (
              <span key={why} class="node-why">
                {why}
              </span>
            ))}
          </li>
        ))}
      </ul>
      {node.agents_total > agents.length && (
        <p class="dim">and {plural(node.agents_total - agents.length, "more agent")}</p>
      )}
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
      {past && <FleetHistory name={name} onClose={() => look(false)} />}
    </li>
  );
}
