import { defineCommand } from "citty";
import { AdminClient } from "./client.ts";
import { exit, UsageError } from "./exit.ts";
import { adminOptions, progressOption } from "./options.ts";
import { ProgressLine } from "./progress.ts";
import { followReplay, replaysOf } from "./replay.ts";

/** `outrider call`: asks a running agent for one of its actions. */
export const call = defineCommand({
  meta: {
    name: "call",
    description: "Ask a running agent for something: outrider call web-1 down for=10m reason=deploy",
  },
  args: {
    ...adminOptions,
    ...progressOption,
    input: {
      type: "string",
      description: "The action's input as JSON, instead of field=value.",
      valueHint: "json",
    },
    agent: { type: "positional", required: true, description: "The agent's name." },
    action: {
      type: "positional",
      required: false,
      description: "The action; without it, the actions are listed. Then field=value …",
    },
  },
  run: async ({ args }) => {
    const client = new AdminClient(args);
    if (args.action === undefined) {
      console.log(await actionsOf(client, args.agent));
      return exit.ok;
    }
    const body = args.input === undefined ? fields(args._.slice(2)) : parseInput(args.input);
    const path = `/api/agents/${encodeURIComponent(args.agent)}/actions/${encodeURIComponent(args.action)}`;
    const line = new ProgressLine(args.progress);
    // A replay goes on behind our back: where somebody looks, it is watched until it has ended.
    const before = line.shown && args.action === "replay" ? await replaysOf(client, args.agent) : undefined;
    const { result } = await client.ask<{ result: unknown }>("POST", path, body);
    console.log(typeof result === "string" ? result : JSON.stringify(result, undefined, 2));
    const begun = (result as { replaying?: boolean } | null)?.replaying === true;
    if (before && begun) await followReplay(client, args.agent, before, line);
    return exit.ok;
  },
});

/** `weight=50 reason=deploy` as an object; what looks like a number or a truth value becomes one. */
function fields(words: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    words.map((word) => {
      const at = word.indexOf("=");
      if (at < 1) throw new UsageError(`"${word}" is no field, write field=value`);
      const value = word.slice(at + 1);
      return [word.slice(0, at), /^(-?\d+(\.\d+)?|true|false)$/.test(value) ? JSON.parse(value) : value];
    }),
  );
}

function parseInput(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError("--input is no JSON");
  }
}

interface KindInfo {
  readonly kind: string;
  readonly actions: readonly {
    name: string;
    summary: string;
    input: { properties?: Record<string, unknown> };
  }[];
}

async function actionsOf(client: AdminClient, name: string): Promise<string> {
  const { kind } = await client.ask<{ kind: string }>("GET", `/api/agents/${encodeURIComponent(name)}`);
  const { kinds } = await client.ask<{ kinds: KindInfo[] }>("GET", "/api/kinds");
  const actions = kinds.find((each) => each.kind === kind)?.actions ?? [];
  return actions
    .map((action) =>
      `${action.name.padEnd(12)}${action.summary} ${Object.keys(action.input.properties ?? {})
        .map((field) => `[${field}=…]`)
        .join(" ")}`.trimEnd(),
    )
    .join("\n");
}
