import type { FunctionComponent } from "preact";
import { CeleryPanel } from "../kinds/celery.tsx";
import { FlagsPanel } from "../kinds/flags.tsx";
import { HaproxyPanel } from "../kinds/haproxy.tsx";
import type { PanelProps } from "../kinds/panel.ts";
import { QueuePanel } from "../kinds/queue.tsx";
import { RedirectsPanel } from "../kinds/redirects.tsx";
import { Json } from "../parts/json.tsx";

const panels: Record<string, FunctionComponent<PanelProps>> = {
  celery: CeleryPanel,
  flags: FlagsPanel,
  haproxy: HaproxyPanel,
  queue: QueuePanel,
  redirects: RedirectsPanel,
};

/** What the user of this kind wants to see; for a kind that nobody drew anything for, what it tells of itself. */
export function KindPanel(props: PanelProps) {
  const Panel = panels[props.status.kind];
  if (props.status.standing === "stopped") return null;
  if (Panel) return <Panel {...props} />;
  return (
    <section class="card">
      <h2>What it tells</h2>
      <Json value={props.detail.inspect} />
    </section>
  );
}
