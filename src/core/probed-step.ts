/** What became of a step. */
export interface ProbedStep {
  readonly step: string;
  readonly ok: boolean;
  /** How long it took, in milliseconds. */
  readonly ms?: number;
  readonly problem?: { readonly code: string; readonly message: string; readonly remedy?: string };
  /** It was not tried, because one before it failed that it needs, or because there is nothing to try. */
  readonly skipped?: true;
  /** It may fail, and the probe is fine. */
  readonly advisory?: true;
}
