import { z } from "zod";
import { ConfigProblem } from "../../core/problems.ts";

const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/);
const ms = z.number().min(0);
const word = z.string().min(1).max(63);

const agent = z.object({
  name,
  kind: word,
  standing: word,
  required: z.boolean(),
  lag: ms.optional().describe("How far behind the outside, in milliseconds."),
  sync_age: ms.optional().describe("How long ago its origin gave a sign of life, in milliseconds."),
  why: z.array(z.string().max(500)).max(5).optional().describe("What is wrong, if something is."),
});

/**
 * What a process says of itself. Moments are told as ages in milliseconds, so that clocks need not agree. What a newer
 * version says besides is passed over.
 */
export const reportSchema = z.object({
  name,
  instance: z.string().min(1).max(64).describe("Tells one run of a process from the next, and from others."),
  version: word,
  host: z.string().max(255),
  pid: z.number().int(),
  uptime: ms,
  every: ms.describe("When to expect the next report, in milliseconds."),
  standing: word,
  agents: z.array(agent).max(2_000),
  agents_total: z.number().int().min(0),
});

export type Report = z.output<typeof reportSchema>;
export type AgentReport = Report["agents"][number];

/** What the one who listens answers. */
export interface Taken {
  /** false: the name is another process's, and this report is not shown. */
  readonly taken: boolean;
  /** Who else reports under the name. */
  readonly conflict?: string;
}

/** Throws ConfigProblem for what is no report. */
export function parseReport(body: unknown): Report {
  const parsed = reportSchema.safeParse(body);
  if (parsed.success) return parsed.data;
  const mistakes = parsed.error.issues.map(({ path, message }) => ({ at: path.join("."), message }));
  const [first] = mistakes;
  throw new ConfigProblem("input_invalid", `no report of a process: ${first?.at}: ${first?.message}`, {
    mistakes,
  });
}
