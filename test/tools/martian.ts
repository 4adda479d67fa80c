import type { Exchange, Incoming, Outgoing } from "../../src/agents/queue/backend/exchange.ts";
import { martian } from "../../src/agents/queue/backend/martian/index.ts";
import { profiles } from "../../src/agents/queue/profile.ts";
import { silent } from "../../src/core/log.ts";

export type Block = Record<string, unknown>;

export interface Case {
  readonly request?: Partial<Outgoing>;
  readonly response?: Partial<Incoming>;
}

/** Sends a request through a block. @returns what went out, and what came back */
export async function through(block: Block, { request = {}, response = {} }: Case = {}) {
  const layer = martian(block, { profile: profiles.safe, log: silent });
  const calls: Outgoing[] = [];
  const exchange: Exchange = async (call) => {
    calls.push(call);
    return { status: 200, headers: {}, body: Buffer.from("answer"), ...response };
  };
  const given = {
    method: "POST",
    url: "http://b0.test/in",
    headers: {},
    body: Buffer.from("event"),
    ...request,
  };
  const came = await layer!(exchange)(given, new AbortController().signal);
  return { sent: calls[0]!, came };
}

export const set = (name: string, value: string, scope = ["request"]) => ({
  "header.Modifier": { scope, name, value },
});
export const append = (name: string, value: string) => ({
  "header.Append": { scope: ["request"], name, value },
});
export const hit = set("X-Hit", "1");
export const fifo = (...modifiers: Block[]) => ({ "fifo.Group": { modifiers } });
export const priority = (...members: [number, Block][]) => ({
  "priority.Group": { modifiers: members.map(([priority, modifier]) => ({ priority, modifier })) },
});
