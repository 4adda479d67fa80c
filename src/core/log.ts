/** A message that never changes, and fields that do. Pino's loggers fit. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** For embedding without a log. */
export const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };
