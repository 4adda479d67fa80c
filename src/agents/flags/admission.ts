import { settlesWithin } from "../../core/life.ts";
import type { EnvironmentSecret } from "./model.ts";
import { environmentOf } from "./secret-text.ts";
import type { SyncState } from "./sync-state.ts";
import { readToken } from "./token.ts";
import type { View } from "./view.ts";

/** Why somebody is not let in. Whoever is refused for good stops asking until a restart; whoever is put off comes again. */
export type Refusal = "invalid" | "expired" | "origin" | "unknown" | "not_ready";

export type Admission =
  | { readonly secret: EnvironmentSecret; readonly refused?: undefined }
  | { readonly secret?: undefined; readonly refused: Refusal };

export interface AdmissionOptions {
  view(): View | undefined;
  state(): SyncState;
  /** Asks the server for everything. @returns undefined if there is nobody to ask */
  refresh(): Promise<void> | undefined;
  /** How old a token may be, and how far ahead of our clock, in milliseconds; 0 is any. */
  readonly expiry: number;
  /** Whether a page of an origin may use a secret. */
  mayUse(secret: EnvironmentSecret, origin: string | undefined): boolean;
}

/** How long a secret that nobody knows may wait for the server's word, in milliseconds. */
const HOLD = 3_000;
/** How long the server's word about an unknown secret counts, in milliseconds, and how many are remembered. */
const UNKNOWN = 10_000;
const MOST_UNKNOWN = 1_000;

/** Decides who is let in. A passing condition never leads to a refusal for good. */
export class Admissions {
  readonly #options: AdmissionOptions;
  /** Secrets that the server has just been asked about in vain, and until when that counts. */
  readonly #unknown = new Map<string, number>();

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** Somebody with a connection token, decided at once where that is possible. */
  byToken(token: string, type: string, origin?: string, now = Date.now()): Admission | Promise<Admission> {
    const { expiry } = this.#options;
    const read = readToken(token);
    if (!read) return { refused: "invalid" };
    if (expiry > 0 && Math.abs(now - read.madeAt) > expiry) return { refused: "expired" };
    const admission = this.bySecret(read.secret, origin);
    const typed = (given: Admission): Admission =>
      given.secret && given.secret.type !== type ? { refused: "invalid" } : given;
    return admission instanceof Promise ? admission.then(typed) : typed(admission);
  }

  /** Somebody with a secret. */
  bySecret(value: string, origin?: string): Admission | Promise<Admission> {
    const found = this.#find(value);
    return found instanceof Promise
      ? found.then((each) => this.#forOrigin(each, origin))
      : this.#forOrigin(found, origin);
  }

  #forOrigin(admission: Admission, origin: string | undefined): Admission {
    const { secret } = admission;
    return secret && !this.#options.mayUse(secret, origin) ? { refused: "origin" } : admission;
  }

  #find(value: string): Admission | Promise<Admission> {
    if (environmentOf(value) === undefined) return { refused: "invalid" };
    const known = this.#options.view()?.secret(value);
    if (known) return { secret: known };
    if (!this.#isSettled) return { refused: "not_ready" };
    if ((this.#unknown.get(value) ?? 0) > performance.now()) return { refused: "unknown" };
    // It may be newer than what we were told.
    const refreshed = this.#options.refresh();
    return refreshed ? this.#afterwards(value, refreshed) : { refused: "unknown" };
  }

  async #afterwards(value: string, refreshed: Promise<void>): Promise<Admission> {
    const isAnswered = await settlesWithin(HOLD, refreshed);
    const known = this.#options.view()?.secret(value);
    if (known) return { secret: known };
    // Without the server's word nobody is refused for good.
    if (!isAnswered || !this.#isSettled) return { refused: "not_ready" };
    this.#remember(value);
    return { refused: "unknown" };
  }

  #remember(value: string): void {
    if (this.#unknown.size >= MOST_UNKNOWN) this.#unknown.clear();
    this.#unknown.set(value, performance.now() + UNKNOWN);
  }

  /** Whether what we do not know does not exist: there is data, and nobody else could know better just now. */
  get #isSettled(): boolean {
    const state = this.#options.state();
    return this.#options.view() !== undefined && (state === "Stable" || state === "None");
  }
}
