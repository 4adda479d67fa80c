/** Exit codes, those of sysexits.h where it has a fitting one. */
export const exit = {
  ok: 0,
  /** Something failed that is no mistake of the configuration or the command line. */
  failed: 1,
  /** The command line is wrong (EX_USAGE). */
  usage: 64,
  /** No Outrider answers at the admin address (EX_UNAVAILABLE). */
  unavailable: 69,
  /** The configuration is wrong (EX_CONFIG). */
  config: 78,
} as const;

/** A wrong command line. */
export class UsageError extends Error {}
