import type { Part } from "../api/types.ts";
import { Badge } from "../look/standing.tsx";
import { Ago, Since } from "../look/time.tsx";

/** The named pieces of an agent's health. */
export function PartsTable({ parts }: { parts: readonly Part[] }) {
  return (
    <section class="card parts">
      <h2>Parts</h2>
      {parts.length === 0 ? (
        <p class="dim">None: the agent does not run.</p>
      ) : (
        <ul class="part-list">
          {parts.map(({ name, state, since, seen }) => (
            <li key={name}>
              <span class="part-name">{name}</span>
              <Badge state={state} text={state === "connecting" ? "waiting" : state} />
              <span class="dim part-since">
                for <Since at={since} />
              </span>
              <span class="dim part-seen">
                {seen === undefined ? (
                  "no sign of life yet"
                ) : (
                  <>
                    last sign <Ago at={seen} />
                  </>
                )}
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
