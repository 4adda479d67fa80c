import { MASK } from "../../../core/secret.ts";
import type { Fields } from "./fields.ts";

/** Source: krakend-async §5.4. */
const HOST = /(https?:\/\/)?([a-zA-Z0-9._-]+)(:[0-9]{2,6})?\/?/g;

/**
 * A host as the peer cleans it: `http://` in front where there is no scheme, no slash at the end. @returns undefined
 * for what it refuses: texts with none or several of such names in it, and so any path and any user
 */
export function cleanHost(text: string): string | undefined {
  const [match, ...others] = text.matchAll(HOST);
  if (!match || others.length > 0) return undefined;
  // What stands around the match, such as a space or a second slash, is dropped.
  const [, scheme = "http://", name, port = ""] = match;
  return `${scheme}${name}${port}`;
}

/** The list of hosts at a key, cleaned unless told not to; those that are refused are mistakes. */
export function readHosts(fields: Fields, clean: boolean): string[] {
  const hosts = fields.texts("host");
  if (!clean) return hosts;
  return hosts.flatMap((host) => {
    const cleaned = cleanHost(host);
    if (cleaned === undefined) fields.wrong("host", `host ${masked(host)} not valid: invalid host`);
    return cleaned ?? [];
  });
}

/** Without its password, which may hold what ends the name of a host elsewhere. */
function masked(host: string): string {
  return host.replace(/(:\/\/[^:/?#@]*):.*@/, `$1:${MASK}@`);
}
