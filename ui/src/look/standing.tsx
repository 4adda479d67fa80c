import type { Part, Standing } from "../api/types.ts";

/** Worst first: what needs a person stands on top. */
export const standings: readonly Standing[] = [
  "failed",
  "degraded",
  "starting",
  "stopping",
  "stopped",
  "ready",
];

/** Every state has a shape and a word of its own, so that nobody needs the colour. */
const shapes: Record<Standing | Part["state"] | "online" | "offline", string> = {
  ready: "M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13z",
  up: "M8 3a5 5 0 1 0 0 10a5 5 0 0 0 0-10z",
  online: "M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13z",
  degraded: "M8 1.2 15.4 14.4H.6z",
  failed: "M2 2h12v12H2z",
  down: "M8 1.2 15.4 14.4H.6z",
  offline: "M2 2h12v12H2z",
  starting: "M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13zm0 2v9a4.5 4.5 0 0 1 0-9z",
  connecting: "M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13zm0 2v9a4.5 4.5 0 0 1 0-9z",
  stopping: "M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13zm0 2v9a4.5 4.5 0 0 1 0-9z",
  stopped: "M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13zm0 3a3.5 3.5 0 1 1 0 7a3.5 3.5 0 0 1 0-7z",
};

type Shown = keyof typeof shapes;

export function Mark({ state }: { state: Shown }) {
  return (
    <svg class={`mark is-${state}`} viewBox="0 0 16 16" width="12" height="12" aria-hidden="true">
      <path d={shapes[state]} />
    </svg>
  );
}

export function Badge({ state, text = state }: { state: Shown; text?: string }) {
  return (
    <span class={`badge is-${state}`} data-state={state}>
      <Mark state={state} />
      {text}
    </span>
  );
}
