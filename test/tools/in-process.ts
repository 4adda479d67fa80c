import { join } from "node:path";
import { loadConfig } from "../../src/config/load.ts";
import type { AgentKind } from "../../src/core/agent.ts";
import type { Log } from "../../src/core/log.ts";
import { presentable } from "../../src/core/secret.ts";
import { Outrider } from "../../src/runtime/outrider.ts";
import { folder } from "./folder.ts";
import { kinds as parrots } from "./parrot.ts";
import type { Tidy } from "./tidy.ts";

export interface LogLine {
  readonly level: keyof Log;
  readonly message: string;
  readonly [field: string]: unknown;
}

/** A log that remembers its lines. */
export function memoryLog(): { log: Log; lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at = (level: keyof Log) => (fields: object, message: string) => {
    lines.push({ ...(presentable(fields) as object), level, message });
  };
  return { lines, log: { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") } };
}

/**
 * An Outrider in this process, whose configuration is `source.text`; it is closed when the test ends.
 * Unless the text says otherwise, its state is in a folder of the test's own.
 */
export async function outriderOf(tidy: Tidy, text: string, kinds: readonly AgentKind[] = parrots) {
  const { log, lines } = memoryLog();
  const source = { text, stateDir: join(await folder(tidy), "state") };
  const load = () => {
    const state = /^state:/m.test(source.text) ? "" : `state: { dir: "${source.stateDir}" }\n`;
    return loadConfig([{ file: "o.yaml", text: state + source.text }], kinds, {});
  };
  const outrider = new Outrider({ kinds, load, env: {}, log });
  tidy.later(() => outrider.close());
  return { outrider, source, lines };
}
