import { defineCommand } from "citty";
import type { Signals } from "../runtime/signals.ts";
export function demo(_signals: Signals) {
  return defineCommand({ meta: { name: "demo", description: "demo" }, run: () => 0 });
}
