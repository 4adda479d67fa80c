import { useEffect, useRef } from "preact/hooks";
import type { ApiProblem } from "../api/client.ts";
import { idOf } from "../form/props.ts";
import { pathOf } from "../form/schema.ts";

/** All that is wrong with what was written, each leading to its field. */
export function Mistakes({ problem }: { problem: ApiProblem | undefined }) {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (problem) ref.current?.scrollIntoView({ block: "nearest" });
  }, [problem]);
  if (!problem) return null;
  const { mistakes, message, remedy } = problem;
  return (
    <div ref={ref} class="say is-bad" role="alert">
      <div>
        <p>
          <b>{mistakes.length > 0 ? "It cannot be accepted as it is:" : message}</b>
        </p>
        {mistakes.length > 0 && (
          <ul>
            {mistakes.map(({ at, message: what }) => (
              <li key={`${at} ${what}`}>
                <button type="button" class="as-link" onClick={() => visit(at)}>
                  {at === "" ? "agent" : at}
                </button>
                : {what}
              </li>
            ))}
          </ul>
        )}
        {remedy && <p class="remedy">{remedy}</p>}
      </div>
    </div>
  );
}

/** Goes to the field, or to what it stands in if it is not there itself. */
function visit(at: string): void {
  const pieces = pathOf(at).split(".");
  for (; pieces.length > 0; pieces.pop()) {
    const found = document.getElementById(idOf(pieces.join(".")));
    if (!found) continue;
    found.focus();
    found.scrollIntoView({ block: "center" });
    return;
  }
}
