import type { Secret } from "../../core/secret.ts";

/** Where a Redis is, and what lets us in. */
export interface RedisAddress {
  /** `redis://`, `rediss://` or `unix:///path`; with `/2`, or `?db=2` for a path, another database than 0. */
  readonly url: string;
  /** Overrides the password in the URL. */
  readonly password?: Secret | undefined;
  /** Who knows where the master is; then host and port of the URL do not count. */
  readonly sentinel?: { readonly name: string; readonly nodes: readonly string[] } | undefined;
}
