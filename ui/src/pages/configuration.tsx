import { useState } from "preact/hooks";
import type { AgentDetail } from "../api/types.ts";
import { to } from "../live/route.ts";
import { Json } from "../parts/json.tsx";

/** What an agent was told, and what that came to with every default. Secrets are in neither. */
export function Configuration({ detail }: { detail: AgentDetail }) {
  const { owner, given, config, name } = detail;
  const [all, show] = useState(given === undefined);
  return (
    <section class="card">
      <div class="card-head">
        <h2>Configuration</h2>
        {given !== undefined && (
          <label class="switch">
            <input
              type="checkbox"
              checked={all}
              onChange={({ currentTarget }) => show(currentTarget.checked)}
            />
            <span>with defaults</span>
          </label>
        )}
      </div>
      {owner && (
        <p class="dim">
          {owner.managed ? (
            <>
              Kept in <code>{owner.file}</code>. <a href={to("agents", name, "edit")}>Edit it</a>.
            </>
          ) : (
            <>
              Written in <code>{owner.at}</code>. It is changed there; the page can only show it.
            </>
          )}
        </p>
      )}
      <Json value={all ? config : given} />
    </section>
  );
}
