/**
 * Just enough of Go's `url.Parse` to know what its `http.Redirect` does with a target: whether it parses at all, and
 * whether it then has a scheme or a host. Byte texts throughout. (Go 1.19, `net/url/url.go`.)
 */
export type UrlForm = "absolute" | "relative" | "invalid";

/** What most targets are. */
const PLAIN_PATH = /^\/(?!\/)[A-Za-z0-9\-._~/]*$/;
const CONTROL = /[\x00-\x1f\x7f]/;
const BAD_ESCAPE = /%(?![0-9A-Fa-f]{2})/;
const USER = /^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/;
/** Bytes that a host may hold, escapes and bytes beyond ASCII included. */
const HOST = /^[A-Za-z0-9\-._~!$&'()*+,;=:[\]<>"%\x80-\xff]*$/;
/** An escape that a host may not hold: only bytes beyond ASCII, and the percent sign, may be escaped in one. */
const BAD_HOST_ESCAPE = /%(?![89A-Fa-f][0-9A-Fa-f]|25)/;
/** A byte that may be escaped in the zone of an IPv6 address. */
const ZONE_BYTE = /^[A-Za-z0-9\-._~!$&'()*+,;=:[\]<>"% ]$/;

export function urlForm(text: string): UrlForm {
  if (PLAIN_PATH.test(text)) return "relative";
  const [before, fragment] = cutOnce(text, "#");
  if (CONTROL.test(before) || BAD_ESCAPE.test(fragment) || before.startsWith(":")) return "invalid";
  const scheme = /^[A-Za-z][A-Za-z0-9+.-]*(?=:)/.exec(before)?.[0] ?? "";
  const [rest] = cutOnce(scheme === "" ? before : before.slice(scheme.length + 1), "?");
  if (!rest.startsWith("/")) {
    if (scheme !== "") return "absolute";
    // A colon in the first segment would make it look like a scheme.
    return cutOnce(rest, "/")[0].includes(":") || BAD_ESCAPE.test(rest) ? "invalid" : "relative";
  }
  const hasAuthority = rest.startsWith("//") && (scheme !== "" || !rest.startsWith("///"));
  if (!hasAuthority) return BAD_ESCAPE.test(rest) ? "invalid" : scheme === "" ? "relative" : "absolute";
  const slash = rest.indexOf("/", 2);
  const path = slash < 0 ? "" : rest.slice(slash);
  const host = hostOfAuthority(slash < 0 ? rest.slice(2) : rest.slice(2, slash));
  if (host === undefined || BAD_ESCAPE.test(path)) return "invalid";
  return scheme === "" && host === "" ? "relative" : "absolute";
}

/** The host, with its port, of an authority; undefined if the authority is malformed. */
export function hostOfAuthority(authority: string): string | undefined {
  const at = authority.lastIndexOf("@");
  const user = at < 0 ? "" : authority.slice(0, at);
  const host = authority.slice(at + 1);
  if (!USER.test(user) || BAD_ESCAPE.test(user) || !HOST.test(host) || BAD_ESCAPE.test(host))
    return undefined;
  const port = host.startsWith("[") ? portAfterBracket(host) : (/:[^:]*$/.exec(host)?.[0] ?? "");
  if (port === undefined || !/^(?::\d*)?$/.test(port)) return undefined;
  return escapesAreFit(host) ? host : undefined;
}

function portAfterBracket(host: string): string | undefined {
  const end = host.lastIndexOf("]");
  return end < 0 ? undefined : host.slice(end + 1);
}

/** In an IPv6 address everything from the first `%25` on is its zone, which has rules of its own. */
function escapesAreFit(host: string): boolean {
  const end = host.startsWith("[") ? host.lastIndexOf("]") : -1;
  const zone = host.slice(0, Math.max(0, end)).indexOf("%25");
  if (zone < 0) return !BAD_HOST_ESCAPE.test(host);
  const escapes = [...host.slice(zone, end).matchAll(/%(..)/g)];
  const fits = escapes.every(([, hex]) => ZONE_BYTE.test(String.fromCharCode(Number.parseInt(hex!, 16))));
  return fits && !BAD_HOST_ESCAPE.test(host.slice(0, zone)) && !BAD_HOST_ESCAPE.test(host.slice(end));
}

function cutOnce(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + mark.length)];
}
