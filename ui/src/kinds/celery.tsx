import { isRecord } from "../form/value.ts";
import { span } from "../look/format.ts";
import { Empty } from "../parts/say.tsx";
import { Table } from "../parts/table.tsx";
import { Figures } from "./figures.tsx";
import { type PanelProps, told } from "./panel.ts";
import { type Replay, Replaying } from "./replaying.tsx";
import { SetAside } from "./set-aside.tsx";

interface Way {
  readonly in_flight?: number;
  readonly oldest_ms?: number;
  readonly messages?: number;
  readonly events?: number;
  readonly posted_events?: number;
  readonly posted_documents?: number;
  readonly dropped?: Readonly<Record<string, number>>;
  readonly rejected?: number;
  readonly duplicates?: Readonly<Record<string, number>>;
  readonly lost?: number;
  readonly missing?: readonly unknown[];
  readonly replay?: Replay;
}

interface Several {
  readonly halted: boolean;
  readonly subscriptions: Readonly<Record<string, Way>>;
  readonly kept?: readonly Readonly<Record<string, unknown>>[];
}

/** How many events came and went, what was dropped and why, and what was set aside. */
export function CeleryPanel(props: PanelProps) {
  const seen = told<Way | Several>(props);
  return (
    <>
      {"subscriptions" in seen && isRecord(seen.subscriptions) ? (
        <Subscriptions seen={seen as Several} />
      ) : (
        <One seen={seen as Way} />
      )}
      <SetAside agent={props.status.name} what="event" replay={"replay" in seen ? seen.replay : undefined} />
    </>
  );
}

function sum(values: Readonly<Record<string, number>> = {}): number {
  return Object.values(values).reduce((total, value) => total + value, 0);
}

function One({ seen }: { seen: Way }) {
  const dropped = Object.entries(seen.dropped ?? {}).filter(([, times]) => times > 0);
  return (
    <section class="card">
      <h2>Events</h2>
      <Figures
        figures={[
          ["in flight", seen.in_flight],
          ["received", seen.events],
          ["posted", seen.posted_events],
          ["documents", seen.posted_documents],
          ["set aside", seen.rejected],
          ["dropped", sum(seen.dropped)],
          ["duplicates", sum(seen.duplicates)],
          ["lost", seen.lost],
        ]}
      />
      {(seen.oldest_ms ?? 0) > 0 && <p class="dim">The oldest of them waits for {span(seen.oldest_ms!)}.</p>}
      {dropped.length > 0 && (
        <p class="dim">
          Dropped: {dropped.map(([why, times]) => `${times} ${why.replaceAll("_", " ")}`).join(", ")}.
        </p>
      )}
      {seen.replay && <Replaying replay={seen.replay} />}
    </section>
  );
}

function Subscriptions({ seen: { halted, subscriptions } }: { seen: Several }) {
  const rows = Object.entries(subscriptions);
  return (
    <section class="card">
      <h2>Subscriptions</h2>
      {halted && <p class="say-inline">Halted: nothing is taken until it is resumed.</p>}
      {rows.length === 0 ? (
        <Empty title="No subscription yet">
          <p>Add one under Actions: “Subscribe”.</p>
        </Empty>
      ) : (
        <Table
          caption="Subscriptions"
          rows={rows}
          rowKey={([name]) => name}
          columns={[
            { title: "Subscription", cell: ([name]) => <b>{name}</b> },
            { title: "In flight", number: true, cell: ([, way]) => way.in_flight ?? 0 },
            { title: "Received", number: true, cell: ([, way]) => way.events ?? 0 },
            { title: "Posted", number: true, cell: ([, way]) => way.posted_events ?? 0 },
            { title: "Set aside", number: true, cell: ([, way]) => way.rejected ?? 0 },
            { title: "Lost", number: true, cell: ([, way]) => way.lost ?? 0 },
          ]}
        />
      )}
    </section>
  );
}
