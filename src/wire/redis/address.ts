import type { Secret } from "../../core/secret.ts";

/** Where a Redis is, and what lets us in. */
export interface RedisAddress {
  /** `redis://`, `rediss://` or `unix:///path`; with `/2`, or `?db=2` for a path, another database than 0. */
  readonly url: string;
  /** Overrides the password in the URL. */
  readonly password?: Secret | undefined;
  /** Who knows where the master is; then host and port of the URL do not count. */
  readonly sentinel?: { readonly name: string; readonly nodes: readonly string[] } | undefined;
  /** A cluster of which we need the node that has this key's slot; then host and port of the URL do not count. */
  readonly cluster?: { readonly nodes: readonly string[]; readonly key: string } | undefined;
}
