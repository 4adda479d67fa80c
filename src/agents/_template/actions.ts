import { z } from "zod";
import { type Action, action } from "../../core/agent.ts";
import type { TemplateAgent } from "./agent.ts";

const relabelInput = z.strictObject({ label: z.string().min(1).describe("The new label.") });

/** Button, API call and CLI command at once: `outrider call NAME relabel label=x`. */
export const actions: Readonly<Record<string, Action<TemplateAgent>>> = {
  relabel: action<TemplateAgent, typeof relabelInput>({
    summary: "Write another label into the items that come from now on.",
    input: relabelInput,
    run: (agent, { label }) => agent.relabel(label),
  }),
};
