import type { Config } from "./config.ts";
import type { Decision, PageDecision } from "./decision.ts";

/** Who decides about requests, as it is seen by those who answer them. Hosts and URIs are byte texts. */
export interface Judge {
  readonly config: Config;
  /** Decides about a request, and counts. */
  decide(host: string, uri: string): Decision | undefined;
  /**
   * As `decide`, for the fast lane, which does not answer with pages. What it leaves is decided and counted by the
   * full server.
   * @returns `nothing` where nothing matches, which is not counted; undefined for what it leaves
   */
  decideQuickly(host: string, uri: string): Exclude<Decision, PageDecision> | "nothing" | undefined;
  /** Counts that nothing matched. */
  missed(host: string, uri: string): void;
  /** The peer's debug headers, where they are asked for and a project is concerned. */
  debug(host: string, uri: string, decision: Decision | undefined): Record<string, string>;
}
