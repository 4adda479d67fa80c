import type { z } from "zod";
import { complaints } from "../config/complain.ts";
import { jsonSchema } from "../config/json-schema.ts";
import { Places } from "../config/places.ts";
import { hint } from "../config/suggest.ts";
import type { Action, Agent, AgentKind } from "../core/agent.ts";
import { ConfigProblem, LinkProblem } from "../core/problems.ts";

export interface Call {
  readonly name: string;
  readonly action: string;
  readonly input: unknown;
}

/** Asks a running agent for something, with input that was checked. */
export async function callAction(kind: AgentKind, agent: Agent | undefined, call: Call): Promise<unknown> {
  const action = actionOf(kind, call.action);
  const input = checked(action, call);
  if (!agent) throw new LinkProblem("connect_failed", `the agent "${call.name}" does not run`);
  return (await action.run(agent, input)) ?? { done: true };
}

function actionOf(kind: AgentKind, name: string): Action<Agent> {
  const { actions = {} } = kind;
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (action) return action;
  const known = Object.keys(actions);
  throw new ConfigProblem("action_unknown", `${kind.kind} has no action "${name}"${hint(name, known)}`);
}

function checked(action: Action<Agent>, call: Call): z.output<z.ZodType> {
  const data = call.input ?? {};
  const parsed = action.input.safeParse(data);
  if (parsed.success) return parsed.data;
  const about = { data, places: new Places(), schema: jsonSchema(action.input) };
  const mistakes = complaints(parsed.error.issues, about);
  throw new ConfigProblem("input_invalid", mistakes.map(({ message }) => message).join("; "), { mistakes });
}
