/** A message that never changes, and fields that do. Pino's loggers fit. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** For embedding without a log. */
export const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** A log that adds fields to every line. */
export class FieldLog implements Log {
  readonly #log: Log;
  readonly #own: object;

  constructor(log: Log, own: object) {
    this.#log = log;
    this.#own = own;
  }

  debug(fields: object, message: string): void {
    this.#log.debug({ ...this.#own, ...fields }, message);
  }

  info(fields: object, message: string): void {
    this.#log.info({ ...this.#own, ...fields }, message);
  }

  warn(fields: object, message: string): void {
    this.#log.warn({ ...this.#own, ...fields }, message);
  }

  error(fields: object, message: string): void {
    this.#log.error({ ...this.#own, ...fields }, message);
  }
}
