import { signal } from "@preact/signals";

/** The newest event of the stream that is about no agent's state: `reloaded`, `problem`. */
export const change = signal<{ readonly event: string; readonly data: unknown } | undefined>(undefined);

export function noteChange(event: string, data: unknown): void {
  change.value = { event, data };
}
