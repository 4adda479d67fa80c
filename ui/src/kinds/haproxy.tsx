import { call } from "../api/client.ts";
import { useAnswer } from "../live/answer.ts";
import { now } from "../live/clock.ts";
import { count, span } from "../look/format.ts";
import { Icon } from "../look/icons.tsx";
import { Ago, Clock, Since, Until } from "../look/time.tsx";
import { LazyChart } from "../parts/lazy-chart.tsx";
import { Empty, Loading } from "../parts/say.tsx";
import { Table } from "../parts/table.tsx";
import { type PanelProps, told } from "./panel.ts";

interface Service {
  readonly name: string;
  readonly answer: string;
  readonly override: { readonly status: string; readonly reason?: string; readonly until?: number } | null;
  readonly votes: readonly {
    readonly name: string;
    readonly good: boolean | null;
    readonly reason?: string;
    readonly since: number;
  }[];
}

interface Inspected {
  readonly address?: string | null;
  readonly mode?: string;
  readonly services?: readonly Service[];
  readonly pollers?: readonly {
    readonly address: string;
    readonly service: string;
    readonly first: number;
    readonly last: number;
    readonly polls: number;
    readonly gap: number;
  }[];
}

interface Said {
  readonly at: number;
  readonly status: string;
  readonly weight?: number;
  readonly reason?: string;
}

interface History {
  readonly service: string;
  readonly said: readonly Said[];
}

/** What HAProxy hears, who asks, and how the weight moved. */
export function HaproxyPanel(props: PanelProps) {
  const { services = [], pollers = [], address } = told<Inspected>(props);
  return (
    <>
      <section class="card">
        <h2>What HAProxy hears</h2>
        {address && (
          <p class="dim">
            at <code>{address}</code>
          </p>
        )}
        <ul class="answers">
          {services.map((service) => (
            <Answer key={service.name} service={service} alone={services.length === 1} />
          ))}
        </ul>
      </section>
      <Story agent={props.status.name} />
      <section class="card">
        <h2>Who asks</h2>
        {pollers.length === 0 ? (
          <Empty title="Nobody has asked yet">
            <p>HAProxy asks once its server line names this agent's port as `agent-port`.</p>
          </Empty>
        ) : (
          <Table
            caption="Who asks"
            rows={pollers}
            rowKey={({ address: who, service }) => `${who} ${service}`}
            columns={[
              { title: "Address", cell: ({ address: who }) => <code>{who}</code> },
              { title: "Service", cell: ({ service }) => service },
              { title: "Asked", number: true, cell: ({ polls }) => count(polls) },
              { title: "Longest pause", number: true, cell: ({ gap }) => (gap > 0 ? span(gap) : "–") },
              { title: "Last", cell: ({ last }) => <Ago at={last} /> },
            ]}
          />
        )}
      </section>
    </>
  );
}

function Answer({ service: { name, answer, override, votes }, alone }: { service: Service; alone: boolean }) {
  return (
    <li>
      {!alone && <p class="dim">{name === "*" ? "everything else" : name}</p>}
      <p class="answer-line">
        <code>{answer}</code>
      </p>
      {override && (
        <p class="dim">
          Held at <b>{override.status}</b>
          {override.reason && ` (${override.reason})`}
          {override.until === undefined ? (
            " until it is cleared"
          ) : (
            <>
              ; ends <Until at={override.until} />
            </>
          )}
        </p>
      )}
      {votes.length > 0 && (
        <ul class="votes">
          {votes.map(({ name: vote, good, reason, since }) => (
            <li key={vote} class={good === false ? "is-bad" : undefined}>
              <Icon name={good === false ? "close" : good ? "check" : "warn"} size={14} /> {vote}:{" "}
              {good === null ? "not known yet" : good ? "good" : (reason ?? "bad")}{" "}
              <span class="dim">
                for <Since at={since} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}

/** What was said, and the weight over time. */
function Story({ agent }: { agent: string }) {
  const { answer } = useAnswer(() => call<History[]>(agent, "history"), 3_000, [agent]);
  const { data, problem } = answer.value;
  if (!data) return problem ? null : <Loading />;
  return (
    <>
      {data
        .filter(({ said }) => said.length > 0)
        .map(({ service, said }) => (
          <section key={service} class="card">
            <h2>{data.length > 1 ? `What was said: ${service}` : "What was said"}</h2>
            {said.some(({ weight }) => weight !== undefined) && <Weights said={said} agent={agent} />}
            <Table
              caption="What was said, newest first"
              rows={said.toReversed().slice(0, 20)}
              rowKey={({ at }, index) => `${at} ${index}`}
              columns={[
                { title: "When", cell: ({ at }) => <Clock at={at} /> },
                { title: "State", cell: ({ status }) => <b>{status}</b> },
                {
                  title: "Weight",
                  number: true,
                  cell: ({ weight }) => (weight === undefined ? "–" : `${weight} %`),
                },
                { title: "Reason", wide: true, cell: ({ reason }) => reason ?? "–" },
              ]}
            />
          </section>
        ))}
    </>
  );
}

function Weights({ said, agent }: { said: readonly Said[]; agent: string }) {
  // What was said last holds until now.
  const points = [...said, { ...said.at(-1)!, at: Math.max(now.value, said.at(-1)!.at + 1) }];
  return (
    <LazyChart
      title="Weight"
      times={points.map(({ at }) => at / 1_000)}
      values={points.map(({ weight }) => weight ?? null)}
      format={(value) => `${Math.round(value)} %`}
      colour="--good"
      group={`weight-${agent}`}
      steps
    />
  );
}
