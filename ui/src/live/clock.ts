import { signal } from "@preact/signals";

/** The time, a second at a time, for everything that says "3 s ago". */
export const now = signal(Date.now());

setInterval(() => {
  if (document.visibilityState === "visible") now.value = Date.now();
}, 1_000);
