import { useState } from "preact/hooks";
import { count } from "../look/format.ts";
import { Ago } from "../look/time.tsx";
import { Button } from "../parts/button.tsx";
import { Empty } from "../parts/say.tsx";
import { Table } from "../parts/table.tsx";
import { type FlagRow, FlagWhy } from "./flag-why.tsx";
import { type PanelProps, told } from "./panel.ts";
import { Searched } from "./searched.tsx";

interface Inspected {
  readonly serves?: string;
  readonly syncState?: string;
  readonly lastSyncedAt?: string | null;
  readonly connections?: number;
  readonly stale?: boolean;
  readonly environments?: readonly {
    readonly envId: string;
    readonly projectKey: string;
    readonly envKey: string;
    readonly flags: number;
    readonly segments: number;
    readonly connections: number;
  }[];
}

/** Which flags are served, to how many, and why a user gets what they get. */
export function FlagsPanel(props: PanelProps) {
  const { environments = [], connections = 0, lastSyncedAt, stale } = told<Inspected>(props);
  const [asked, ask] = useState<FlagRow | undefined>();
  return (
    <>
      <section class="card">
        <h2>Environments</h2>
        <p class="dim">
          {count(connections)} SDKs are connected; in step with the source <Ago at={lastSyncedAt} />
          {stale && ", which is too long ago"}.
        </p>
        {environments.length === 0 ? (
          <Empty title="Nothing is served yet" />
        ) : (
          <Table
            caption="Environments"
            rows={environments}
            rowKey={({ envId }) => envId}
            columns={[
              {
                title: "Environment",
                cell: ({ projectKey, envKey }) => <b>{`${projectKey}:${envKey}`}</b>,
              },
              { title: "Flags", number: true, cell: ({ flags }) => count(flags) },
              { title: "Segments", number: true, cell: ({ segments }) => count(segments) },
              { title: "SDKs", number: true, cell: ({ connections: sdks }) => count(sdks) },
            ]}
          />
        )}
      </section>
      <FlagList agent={props.status.name} onAsk={ask} />
      {asked && <FlagWhy agent={props.status.name} flag={asked} onClose={() => ask(undefined)} />}
    </>
  );
}

function FlagList({ agent, onAsk }: { agent: string; onAsk: (flag: FlagRow) => void }) {
  return (
    <Searched<"flags", FlagRow>
      agent={agent}
      name="flags"
      title="Flags"
      one="flag"
      rowKey={({ environment, key }) => `${environment} ${key}`}
      columns={[
        {
          title: "Flag",
          cell: ({ key, name }) => (
            <>
              <code>{key}</code>
              {name !== undefined && name !== key && <span class="dim"> {name}</span>}
            </>
          ),
        },
        { title: "Environment", cell: ({ environment }) => environment },
        { title: "State", cell: ({ archived, enabled }) => stateOf(archived, enabled) },
        { title: "Serves", wide: true, cell: ({ variations }) => variations.join(", ") },
        { title: "Rules", number: true, cell: ({ rules }) => rules },
        { title: "Changed", cell: ({ updated }) => <Ago at={updated} /> },
        {
          title: "Why",
          cell: (flag) => (
            <Button onClick={() => onAsk(flag)} name={`Why: ${flag.key}`}>
              Why …
            </Button>
          ),
        },
      ]}
    />
  );
}

function stateOf(archived: boolean, enabled: boolean) {
  if (archived) return <span class="tag">archived</span>;
  return <span class={enabled ? "tag is-on" : "tag"}>{enabled ? "on" : "off"}</span>;
}
