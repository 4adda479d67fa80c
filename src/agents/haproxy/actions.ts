import { z } from "zod";
import { duration } from "../../config/units.ts";
import { type Action, action } from "../../core/agent.ts";
import type { HaproxyAgent } from "./agent.ts";
import { type Word, words } from "./state.ts";

const weight = z.int().min(0).max(255).optional().describe("Percent of the configured weight.");
const maxconn = z
  .int()
  .min(0)
  .max(65_535)
  .optional()
  .describe("Connections per HAProxy process; 0 is no limit.");
const reason = z.string().max(200).optional().describe("Why, for HAProxy's log and page.");
const service = z.string().optional().describe("One service; without it, all of this agent.");
const during = duration({ min: 1 })
  .optional()
  .describe(
    "Hold it for this long and then go back; survives a restart. Without it, the state file is changed.",
  );

const forState = z.strictObject({ for: during, reason, service });

function become(status: Word, summary: string): Action<HaproxyAgent> {
  return action<HaproxyAgent, typeof forState>({
    summary,
    input: forState,
    run: (agent, given) => {
      const state = { status, reason: given.reason };
      if (given.for === undefined) agent.set(state, given.service);
      else agent.override(state, given.for, given.service);
    },
  });
}

const setInput = z.strictObject({ status: z.enum(words).optional(), weight, maxconn, reason, service });
const overrideInput = z.strictObject({
  status: z.enum(words),
  weight,
  maxconn,
  reason,
  service,
  for: during,
});
const clearInput = z.strictObject({ service });

export const actions: Readonly<Record<string, Action<HaproxyAgent>>> = {
  up: become("UP", "Say that the server is up, as SIGUSR1 does."),
  down: become("DOWN", "Say that the server is down, as SIGUSR2 does."),
  drain: become("DRAIN", "Take no new traffic, let what is open finish."),
  maint: become("MAINT", "Take no traffic at all."),
  ready: become("READY", "End a drain or maintenance."),
  set: action<HaproxyAgent, typeof setInput>({
    summary: "Change status, weight or maxconn; what is not given is kept.",
    input: setInput,
    run: (agent, { service: name, ...change }) => agent.set(change, name),
  }),
  override: action<HaproxyAgent, typeof overrideInput>({
    summary: "Hold a state in place of the file's, for a while or until `clear`.",
    input: overrideInput,
    run: (agent, { service: name, for: ms, ...state }) => agent.override(state, ms, name),
  }),
  clear: action<HaproxyAgent, typeof clearInput>({
    summary: "End an override.",
    input: clearInput,
    run: (agent, { service: name }) => agent.clear(name),
  }),
  history: action<HaproxyAgent, typeof clearInput>({
    summary: "What was said lately, and when: states, weights and reasons.",
    input: clearInput,
    run: (agent, { service: name }) => agent.history(name),
  }),
  reread: action<HaproxyAgent, z.ZodObject>({
    summary: "Read the state file again, as SIGHUP does.",
    input: z.strictObject({}),
    run: (agent) => agent.reread(),
  }),
};
