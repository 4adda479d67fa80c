/**
 * What is taken for granted where the configuration is silent. `safe` is ours; `krakend` is what the peer does, its
 * traps included, as recorded in the vectors. What layers ask about the two is a line here; where rejected events go,
 * how a broker is followed and the log's prefix are decided where that is made.
 */
export interface Profile {
  /** The method of a backend without one. */
  readonly method: string;
  /** Statuses that mean success; undefined is any 2xx. */
  readonly success: readonly number[] | undefined;
  /** Whether an empty or undecodable body of a good answer is a failure. */
  readonly decodes: boolean;
  /** Whether 307 and 308 are followed with the body. */
  readonly redirectsBody: boolean;
  /** Whether Content-Type, headers, properties and trace context of the event go along. */
  readonly forwards: boolean;
  /** Whether the headers of a call are those of the message that it becomes where it is published. */
  readonly publishesHeaders: boolean;
  /** Whether values that are put into URLs are escaped. */
  readonly escapes: boolean;
  /** Whether `{resp0_id}` is a placeholder too, and `{body.id}` and its like. */
  readonly placeholders: boolean;
  /** Whether backends that only read share one body, of which the first takes all (krakend-async §5.9). */
  readonly sharesBody: boolean;
  /** Whether header names in filters must be spelled as they are sent. */
  readonly exactHeaders: boolean;
  /** Whether a script, schema or check that cannot be used is left out instead of refused. */
  readonly lenient: boolean;
  /** How lists, objects and null become text in a URL: as Go prints them, or as JSON. */
  readonly goText: boolean;
  /** Whether a full rate limit or an open breaker makes a call wait within its time instead of failing. */
  readonly waits: boolean;
  /** How often an event is tried again before it is rejected. */
  readonly retries: number;
}

export const profiles = {
  safe: {
    method: "POST",
    success: undefined,
    decodes: false,
    redirectsBody: true,
    forwards: true,
    publishesHeaders: false,
    escapes: true,
    placeholders: true,
    sharesBody: false,
    exactHeaders: false,
    lenient: false,
    goText: false,
    waits: true,
    retries: 10,
  },
  krakend: {
    method: "GET",
    success: [200, 201],
    decodes: true,
    redirectsBody: false,
    forwards: false,
    publishesHeaders: true,
    escapes: false,
    placeholders: false,
    sharesBody: true,
    exactHeaders: true,
    lenient: true,
    goText: true,
    waits: false,
    retries: 0,
  },
} as const satisfies Record<string, Profile>;

/** How often an event is tried again: as configured, or as the profile has it. */
export function retriesOf(config: {
  readonly profile: keyof typeof profiles;
  readonly retry: { readonly times?: number | undefined };
}): number {
  return config.retry.times ?? profiles[config.profile].retries;
}
