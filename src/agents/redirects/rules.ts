/** A redirect rule as a Flecto Manager sends it; local files may also say 410, 451, and a time window. */
export interface Rule {
  /** `BASIC`, `BASIC_HOST`, `REGEX` or `REGEX_HOST`; anything else is never matched. */
  readonly type: string;
  readonly source: string;
  readonly target: string;
  /** The Manager's name for it: `MOVED_PERMANENT`, `FOUND` …; shown by the debug header. */
  readonly status: string;
  /** The HTTP status. */
  readonly code: number;
  readonly window?: Window | undefined;
}

/** When a rule holds, in milliseconds since 1970; an open end is undefined. */
export interface Window {
  readonly from?: number | undefined;
  readonly until?: number | undefined;
}

export interface Page {
  /** `BASIC` or `BASIC_HOST`; anything else is never matched. */
  readonly type: string;
  readonly path: string;
  readonly content: string;
  readonly contentType: string;
}

/** Everything a project holds. */
export interface Rules {
  readonly redirects: RuleSet;
  readonly pages: readonly Page[];
}

const CODES: Readonly<Record<string, number>> = {
  MOVED_PERMANENT: 301,
  FOUND: 302,
  TEMPORARY_REDIRECT: 307,
  PERMANENT_REDIRECT: 308,
};

/** What the peer makes of a status name: everything it does not know is 302. */
export function codeOf(status: string): number {
  return Object.hasOwn(CODES, status) ? CODES[status]! : 302;
}

/** The name that a Manager has for an HTTP status; terminal ones have none, so their number serves. */
export function statusOf(code: number): string {
  return Object.keys(CODES).find((name) => CODES[name] === code) ?? String(code);
}

/**
 * Redirect rules in columns: hundreds of thousands of them fit in the memory that as many objects would waste on
 * their headers.
 */
export class RuleSet {
  readonly types: string[] = [];
  readonly sources: string[] = [];
  readonly targets: string[] = [];
  readonly statuses: string[] = [];
  readonly codes: number[] = [];
  readonly windows = new Map<number, Window>();
  /** The few words for types and statuses, so that each is kept once. */
  readonly #words = new Map<string, string>();

  static of(rules: Iterable<Rule>): RuleSet {
    const set = new RuleSet();
    for (const rule of rules) set.add(rule);
    return set;
  }

  get length(): number {
    return this.sources.length;
  }

  add({ type, source, target, status, code, window }: Rule): void {
    if (window) this.windows.set(this.length, window);
    this.types.push(this.#word(type));
    this.sources.push(source);
    this.targets.push(target);
    this.statuses.push(this.#word(status));
    this.codes.push(code);
  }

  at(index: number): Rule {
    return {
      type: this.types[index]!,
      source: this.sources[index]!,
      target: this.targets[index]!,
      status: this.statuses[index]!,
      code: this.codes[index]!,
      window: this.windows.get(index),
    };
  }

  *[Symbol.iterator](): Generator<Rule> {
    for (let index = 0; index < this.length; index++) yield this.at(index);
  }

  /** When a rule's window opens or closes next after `now`, or undefined. */
  nextChange(now: number): number | undefined {
    let next: number | undefined;
    for (const { from, until } of this.windows.values()) {
      for (const at of [from, until])
        if (at !== undefined && at > now && (next === undefined || at < next)) next = at;
    }
    return next;
  }

  holds(index: number, now: number): boolean {
    const window = this.windows.get(index);
    return !window || ((window.from ?? 0) <= now && now < (window.until ?? Number.POSITIVE_INFINITY));
  }

  #word(word: string): string {
    const known = this.#words.get(word);
    if (known !== undefined) return known;
    this.#words.set(word, word);
    return word;
  }
}

/** Rules in lines for a snapshot, a thousand to a line. */
export const rulesCodec = {
  *encode({ redirects, pages }: Rules): Iterable<string> {
    for (let start = 0; start < redirects.length; start += 1_000) {
      const rows: unknown[] = [];
      for (let i = start; i < Math.min(start + 1_000, redirects.length); i++) {
        const { type, source, target, status, code, window } = redirects.at(i);
        rows.push(
          window ? [type, source, target, status, code, window] : [type, source, target, status, code],
        );
      }
      yield JSON.stringify({ redirects: rows });
    }
    for (const page of pages) yield JSON.stringify({ pages: [page] });
  },

  decode(lines: Iterable<string>): Rules {
    const redirects = new RuleSet();
    const pages: Page[] = [];
    for (const line of lines) {
      const part = JSON.parse(line) as {
        redirects?: [string, string, string, string, number, Window?][];
        pages?: Page[];
      };
      for (const [type, source, target, status, code, window] of part.redirects ?? []) {
        redirects.add({ type, source, target, status, code, window });
      }
      pages.push(...(part.pages ?? []));
    }
    return { redirects, pages };
  },
};
