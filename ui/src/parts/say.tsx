import type { ComponentChildren } from "preact";
import type { ApiProblem } from "../api/client.ts";
import { Icon } from "../look/icons.tsx";
import { Button } from "./button.tsx";

/** A problem with what to do about it. */
export function Trouble({ problem, onRetry }: { problem: ApiProblem; onRetry?: () => void }) {
  return (
    <div class="say is-bad" role="alert">
      <Icon name="warn" />
      <div>
        <p>{problem.message}</p>
        {problem.remedy && <p class="remedy">{problem.remedy}</p>}
        {onRetry && <Button onClick={onRetry}>Try again</Button>}
      </div>
    </div>
  );
}

interface EmptyProps {
  readonly title: string;
  readonly children?: ComponentChildren;
}

/** Where nothing is to be shown: why, and what one may do. */
export function Empty({ title, children }: EmptyProps) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children}
    </div>
  );
}

/** Grey bars in the place of what is still to come. */
export function Loading({ lines = 3, what = "Loading" }: { lines?: number; what?: string }) {
  return (
    <div class="loading" role="status">
      <span class="only-readers">{what}…</span>
      {Array.from({ length: lines }, (_, index) => (
        <span key={index} class={`bar bar-${index % 3}`} aria-hidden="true" />
      ))}
    </div>
  );
}
