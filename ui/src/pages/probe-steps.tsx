import { useEffect, useRef } from "preact/hooks";
import type { Probed, ProbeStep } from "../api/types.ts";
import { span } from "../look/format.ts";
import { Icon } from "../look/icons.tsx";

/** What was tried, in order, and where it got stuck. */
export function ProbeSteps({ probed: { ok, steps } }: { probed: Probed }) {
  const ref = useRef<HTMLElement>(null);
  useEffect(() => ref.current?.scrollIntoView({ block: "nearest" }), [steps]);
  return (
    <section
      ref={ref}
      class={ok ? "probe is-good" : "probe is-bad"}
      role="status"
      aria-label="Test connection"
    >
      <h2>{ok ? "The test passed" : "The test failed"}</h2>
      <ol>
        {steps.map((step) => (
          <Step key={step.step} step={step} />
        ))}
      </ol>
    </section>
  );
}

function Step({ step: { step, ok, ms, problem, skipped } }: { step: ProbeStep }) {
  const passed = skipped ? "skipped" : ok ? "fine" : "failed";
  return (
    <li class={`step is-${passed}`}>
      <Icon name={skipped ? "next" : ok ? "check" : "close"} />
      <div>
        <p>
          <b>{step}</b> <span class="dim">{passed}</span>
          {ms !== undefined && !skipped && <span class="dim"> in {span(ms)}</span>}
        </p>
        {typeof skipped === "string" && <p class="dim">{skipped}</p>}
        {problem && (
          <>
            <p>{problem.message}</p>
            {problem.remedy && <p class="remedy">{problem.remedy}</p>}
          </>
        )}
      </div>
    </li>
  );
}
