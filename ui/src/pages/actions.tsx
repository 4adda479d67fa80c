import { useState } from "preact/hooks";
import type { ActionInfo, AgentDetail } from "../api/types.ts";
import { label } from "../look/format.ts";
import { Prose } from "../look/prose.tsx";
import { Button } from "../parts/button.tsx";
import { Empty } from "../parts/say.tsx";
import { ActionDialog } from "./action-dialog.tsx";

interface ActionsProps {
  readonly detail: AgentDetail;
  readonly refresh: () => Promise<void>;
}

/** Everything one may ask of this agent: the same that `outrider call` does. */
export function Actions({ detail, refresh }: ActionsProps) {
  const [asked, put] = useState<ActionInfo | undefined>();
  const actions = detail.actions ?? [];
  if (actions.length === 0) return <Empty title="This kind has no actions" />;
  const stopped = detail.standing === "stopped";
  return (
    <section class="card">
      <h2>Actions</h2>
      {stopped && <p class="dim">The agent is stopped: start it first.</p>}
      <ul class="action-list">
        {actions.map((action) => (
          <li key={action.name}>
            <div>
              <b>{label(action.name)}</b>
              <p class="hint">
                <Prose text={action.summary} />
              </p>
            </div>
            <Button disabled={stopped} onClick={() => put(action)} name={`${label(action.name)} …`}>
              {label(action.name)} …
            </Button>
          </li>
        ))}
      </ul>
      {asked && (
        <ActionDialog
          agent={detail.name}
          action={asked}
          onDone={() => void refresh()}
          onClose={() => put(undefined)}
        />
      )}
    </section>
  );
}
