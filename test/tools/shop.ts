import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { z } from "zod";
import type { config } from "../../src/agents/redirects/config.ts";
import { type RedirectsAgent, redirects } from "../../src/agents/redirects/index.ts";
import type { Log } from "../../src/core/log.ts";
import { type Embedded, type EmbedOptions, embed } from "../../src/runtime/embed.ts";
import { folder } from "./folder.ts";
import type { Tidy } from "./tidy.ts";

/** A redirects agent under test. */
export interface Shop {
  readonly agent: RedirectsAgent & Embedded;
  /** Where it listens; 0 if it does not. */
  readonly port: number;
  /** Everything it logged, the message under `msg`. */
  readonly lines: readonly Readonly<Record<string, unknown>>[];
}

export type ShopConfig = Partial<z.input<typeof config>>;

export interface ShopOptions extends EmbedOptions {
  /** Rules in our own format; they are written to a file, which is what `from` names. */
  readonly rules?: object;
  /** Default true. */
  readonly listen?: boolean;
}

/** Runs a redirects agent, on a free port of loopback. It is closed in the end. */
export async function startShop(tidy: Tidy, given: ShopConfig, options: ShopOptions = {}): Promise<Shop> {
  const { rules, listen = true, ...rest } = options;
  const lines: Record<string, unknown>[] = [];
  const from = given.from ?? (rules && { file: await rulesFile(tidy, rules) });
  const agent = await embed(
    redirects,
    { ...(listen && { listen: "127.0.0.1:0" }), ...given, ...(from && { from }) },
    { log: logTo(lines), ...rest },
  );
  tidy.later(() => agent.close());
  const opened = lines.find(({ msg }) => msg === "serving redirects");
  return { agent, lines, port: Number(String(opened?.["address"]).split(":").at(-1)) || 0 };
}

/** A file of rules in our own format. */
export async function rulesFile(tidy: Tidy, rules: object): Promise<string> {
  const file = join(await folder(tidy), "rules.yaml");
  writeFileSync(file, JSON.stringify(rules));
  return file;
}

function logTo(lines: Record<string, unknown>[]): Log {
  const write = (level: string) => (fields: object, msg: string) =>
    void lines.push({ level, msg, ...fields });
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}
