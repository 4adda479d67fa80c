import { useState } from "preact/hooks";
import { call } from "../api/client.ts";
import { asProblem } from "../live/answer.ts";
import { span } from "../look/format.ts";
import { Ago } from "../look/time.tsx";
import { Button } from "../parts/button.tsx";
import { tell } from "../parts/toast.tsx";
import { Figures } from "./figures.tsx";
import { type PanelProps, told } from "./panel.ts";
import { type Replay, Replaying } from "./replaying.tsx";
import { SetAside } from "./set-aside.tsx";

interface Inspected {
  readonly workers?: number;
  readonly paused?: boolean;
  readonly in_flight?: number;
  readonly waits_ms?: number;
  readonly received?: number;
  readonly delivered?: number;
  readonly filtered?: number;
  readonly duplicate?: number;
  readonly rejected?: number;
  readonly requeued?: number;
  readonly retries?: number;
  readonly last_problem?: { readonly at: string; readonly message: string };
  /** Only where rejected events are kept in a file. */
  readonly replay?: Replay;
}

/** What is under way, what was tried again, and what was set aside. */
export function QueuePanel(props: PanelProps) {
  const seen = told<Inspected>(props);
  const { name } = props.status;
  return (
    <>
      <section class="card">
        <div class="card-head">
          <h2>Events</h2>
          <Pause agent={name} paused={seen.paused ?? false} onDone={props.refresh} />
        </div>
        {seen.paused && <p class="say-inline">Paused: it takes no more events until it is resumed.</p>}
        <Figures
          figures={[
            ["in flight", seen.in_flight],
            ["received", seen.received],
            ["delivered", seen.delivered],
            ["retries", seen.retries],
            ["set aside", seen.rejected],
            ["requeued", seen.requeued],
            ["filtered out", seen.filtered],
            ["duplicates", seen.duplicate],
          ]}
        />
        {(seen.waits_ms ?? 0) > 0 && <p class="dim">A backend wants a pause: {span(seen.waits_ms!)} left.</p>}
        {seen.last_problem && (
          <p class="dim">
            Last problem <Ago at={seen.last_problem.at} />: {seen.last_problem.message}
          </p>
        )}
        {seen.replay && <Replaying replay={seen.replay} />}
      </section>
      {seen.replay && <SetAside agent={name} what="event" replay={seen.replay} />}
    </>
  );
}

function Pause({ agent, paused, onDone }: { agent: string; paused: boolean; onDone: () => Promise<void> }) {
  const [busy, setBusy] = useState(false);
  const run = async () => {
    setBusy(true);
    try {
      await call(agent, paused ? "resume" : "pause");
      await onDone();
    } catch (error) {
      tell(`${agent}: ${asProblem(error).message}`, true);
    }
    setBusy(false);
  };
  return (
    <Button icon={paused ? "play" : "stop"} busy={busy} onClick={run}>
      {paused ? "Resume" : "Pause"}
    </Button>
  );
}
