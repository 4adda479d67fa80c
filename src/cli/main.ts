import { stripVTControlCharacters } from "node:util";
import { type ArgsDef, type CommandDef, defineCommand, renderUsage, runCommand } from "citty";
import { hint } from "../config/suggest.ts";
import { ConfigProblem, messageOf, Problem } from "../core/problems.ts";
import type { Signals } from "../runtime/signals.ts";
import { version } from "../runtime/version.ts";
import { Refused, Unavailable } from "./client.ts";
import { exit, UsageError } from "./exit.ts";

/** Loads a command: a process shall hold the code of the one that it runs. */
type Load = () => Promise<unknown>;

const commands = (signals: Signals): Readonly<Record<string, Load>> => ({
  run: async () => (await import("./run.ts")).run(signals),
  check: async () => (await import("./check.ts")).check,
  adapt: async () => (await import("./adapt.ts")).adapt,
  probe: async () => (await import("./probe.ts")).probe,
  status: async () => (await import("./status.ts")).status,
  health: async () => (await import("./health.ts")).health,
  call: async () => (await import("./call.ts")).call,
  fleet: async () => (await import("./fleet.ts")).fleet,
  doctor: async () => (await import("./doctor.ts")).doctor,
  schema: async () => (await import("./schema.ts")).schema,
  demo: async () => (await import("./demo.ts")).demo(signals),
});

/** Runs the command line. @returns the exit code */
export async function main(args: readonly string[], signals: Signals): Promise<number> {
  const all = commands(signals) as Record<string, () => Promise<CommandDef<ArgsDef>>>;
  const root = defineCommand({
    meta: { name: "outrider", version, description: "One small process beside your services" },
    subCommands: all,
  });
  const [name = "run", ...rest] = args;
  if (name === "--version" || name === "-v") return print(version);
  if (name === "--help" || name === "-h" || name === "help") return print(await renderUsage(root));
  const load = Object.hasOwn(all, name) ? all[name] : undefined;
  try {
    if (!load) throw new UsageError(`there is no command "${name}"${hint(name, Object.keys(all))}`);
    const command = await load();
    if (rest.includes("--help") || rest.includes("-h")) return print(await renderUsage(command, root));
    refuseUnknown(rest, (await command.args) as ArgsDef | undefined);
    const { result } = await runCommand(command, { rawArgs: rest });
    return typeof result === "number" ? result : exit.ok;
  } catch (error) {
    return explain(error, load ? name : undefined);
  }
}

/** The library takes any flag; a mistyped one would silently do nothing. */
function refuseUnknown(args: readonly string[], known: ArgsDef = {}): void {
  const flags = Object.entries(known).filter(([, { type }]) => type !== "positional");
  const names = flags.flatMap(([name, definition]) => [
    name,
    ...[("alias" in definition && definition.alias) || []].flat(),
  ]);
  for (const arg of args) {
    if (arg === "--") return;
    const flag = /^--?([^=]+)/.exec(arg)?.[1];
    if (flag !== undefined && !names.includes(flag)) {
      throw new UsageError(
        `there is no option "${arg}"${hint(
          flag,
          flags.map(([name]) => name),
        )}`,
      );
    }
  }
}

function explain(error: unknown, command: string | undefined): number {
  const usage = error instanceof UsageError || (error instanceof Error && error.name === "CLIError");
  console.error(messageOf(error));
  if (usage) {
    console.error(`\`outrider ${command === undefined ? "" : `${command} `}--help\` tells what there is.`);
    return exit.usage;
  }
  if (error instanceof ConfigProblem) return exit.config;
  if (error instanceof Problem) console.error(error.remedy);
  else if (!(error instanceof Refused)) console.error(error instanceof Error ? error.stack : error);
  return error instanceof Unavailable ? exit.unavailable : exit.failed;
}

/** In colour at a terminal alone. */
function print(text: string): number {
  console.log(process.stdout.isTTY ? text : stripVTControlCharacters(text));
  return exit.ok;
}
