import { isatty } from "node:tty";
import { type Logger, pino } from "pino";
import type Pretty from "pino-pretty";
import { onDemand } from "../config/on-demand.ts";
import type { Log } from "../core/log.ts";
import { presentable } from "../core/secret.ts";

/** A terminal alone needs it. */
const pretty = onDemand<typeof Pretty>("pino-pretty");

export interface LogOptions {
  readonly level: "debug" | "info" | "warn" | "error";
  /** `auto` is pretty on a terminal and JSON otherwise. */
  readonly format: "auto" | "json" | "pretty";
}

/** The log on standard error. It exists before the configuration is read, and takes its options from it later. */
export class ProcessLog implements Log {
  #options: LogOptions;
  #logger: Logger;

  constructor(options: LogOptions = { level: "info", format: "auto" }) {
    this.#options = options;
    this.#logger = open(options);
  }

  configure(options: LogOptions): void {
    const { level, format } = this.#options;
    if (level === options.level && format === options.format) return;
    this.#options = options;
    this.#logger = open(options);
  }

  debug(fields: object, message: string): void {
    this.#logger.debug(fields, message);
  }

  info(fields: object, message: string): void {
    this.#logger.info(fields, message);
  }

  warn(fields: object, message: string): void {
    this.#logger.warn(fields, message);
  }

  error(fields: object, message: string): void {
    this.#logger.error(fields, message);
  }
}

function open({ level, format }: LogOptions): Logger {
  const human = format === "pretty" || (format === "auto" && isatty(2));
  const stream = human
    ? pretty()({ destination: 2, sync: true, singleLine: true })
    : pino.destination({ dest: 2, sync: true });
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }), log: masked },
    serializers: { err: (error: Error) => presentable(pino.stdSerializers.err(error)) },
  };
  return pino(options, stream);
}

/** Secrets are masked by their type; errors keep their shape for pino's serialiser. */
function masked(fields: Record<string, unknown>): Record<string, unknown> {
  const { err, ...rest } = fields;
  const shown = presentable(rest) as Record<string, unknown>;
  return err === undefined ? shown : { ...shown, err };
}
