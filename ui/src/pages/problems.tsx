import type { ProblemEntry } from "../api/types.ts";
import { Ago, Clock } from "../look/time.tsx";
import { Empty } from "../parts/say.tsx";

/** What went wrong lately, newest first, each with what helps. */
export function Problems({ entries }: { entries: readonly ProblemEntry[] }) {
  if (entries.length === 0) {
    return <Empty title="No part was down since the process began" />;
  }
  return (
    <ol class="problem-list card">
      {entries.map(({ at, part, code, message, remedy, count }) => (
        <li key={`${part} ${code} ${message}`}>
          <div class="problem-when">
            <Clock at={at} />
            <span class="dim">
              <Ago at={at} />
            </span>
          </div>
          <div>
            <p>
              <b>{part}</b>: {message} {count > 1 && <span class="tag">{count} times</span>}
            </p>
            {remedy && <p class="remedy">{remedy}</p>}
            <p class="dim">
              <code>{code}</code>
            </p>
          </div>
        </li>
      ))}
    </ol>
  );
}
