import type { AgentStatus, Part } from "../api/types.ts";
import { Icon } from "../look/icons.tsx";
import { Since, Until } from "../look/time.tsx";

/** Why an agent is not well, and what to do: the first thing on its page, if there is anything to say. */
export function Why({ status }: { status: AgentStatus }) {
  const { standing, problem } = status;
  const down = status.parts.filter(({ state }) => state === "down");
  if (standing === "ready" || (down.length === 0 && standing !== "failed")) return null;
  return (
    <section class={`why-box is-${standing}`} aria-label="Why it is not well">
      {standing === "failed" && problem && (
        <div class="why-item">
          <Icon name="warn" />
          <div>
            <p>
              <b>The agent fell</b>: {problem.message}
            </p>
            {problem.remedy && <p class="remedy">{problem.remedy}</p>}
            <p class="dim">It is started again by itself, after a pause that grows.</p>
          </div>
        </div>
      )}
      {down.map((part) => (
        <Reason key={part.name} part={part} />
      ))}
    </section>
  );
}

function Reason({ part: { name, problem, since, retryAt } }: { part: Part }) {
  return (
    <div class="why-item">
      <Icon name="warn" />
      <div>
        <p>
          <b>{name}</b> is down: {problem?.message ?? "no reason was given"}
        </p>
        {problem?.remedy && <p class="remedy">{problem.remedy}</p>}
        <p class="dim">
          For <Since at={since} />
          {retryAt !== undefined && (
            <>
              ; next try <Until at={retryAt} />
            </>
          )}
          {problem && (
            <>
              {" "}
              · <code>{problem.code}</code>
            </>
          )}
        </p>
      </div>
    </div>
  );
}
