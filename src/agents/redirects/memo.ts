import type { Decision } from "./decision.ts";
import type { Layer } from "./layer.ts";
import type { Project } from "./project.ts";

/** So many decisions are remembered; then it begins anew. */
const MOST = 4_096;
/** Longer URLs, in characters, are rarely asked for often. */
const LONGEST = 1_024;

interface Remembered {
  readonly main: Layer | undefined;
  readonly extra: Layer | undefined;
  readonly decision: Decision;
}

/**
 * What was decided about URLs that are asked for often. The same rules decide the same, so a decision is true as long
 * as its project has the layers with which it was made.
 */
export class Memo {
  readonly #byHost = new Map<string, Map<string, Remembered>>();
  #size = 0;

  recall({ main, extra }: Project, host: string, uri: string): Decision | undefined {
    const known = this.#byHost.get(host)?.get(uri);
    return known && known.main === main && known.extra === extra ? known.decision : undefined;
  }

  keep({ main, extra }: Project, host: string, uri: string, decision: Decision): void {
    if (host.length + uri.length > LONGEST) return;
    if (this.#size++ >= MOST) this.#forget();
    const ofHost = this.#byHost.get(host) ?? new Map<string, Remembered>();
    this.#byHost.set(host, ofHost.set(uri, { main, extra, decision }));
  }

  #forget(): void {
    this.#byHost.clear();
    this.#size = 1;
  }
}
