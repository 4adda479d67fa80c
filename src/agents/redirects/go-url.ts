/**
 * Just enough of Go's `url.Parse` to know what its `http.Redirect` does with a target: whether it parses at all, and
 * whether it then has a scheme or a host. Byte texts throughout.
 */
export type UrlForm = "absolute" | "relative" | "invalid";

const CONTROL = /[\x00-\x1f\x7f]/;
const BAD_ESCAPE = /%(?![0-9A-Fa-f]{2})/;
const USER = /^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/;
/** Bytes that a host may hold, escapes and bytes beyond ASCII apart. */
const HOST = /^[A-Za-z0-9\-._~!$&'()*+,;=:[\]<>"%\x80-\xff]*$/;

export function urlForm(text: string): UrlForm {
  if (CONTROL.test(text)) return "invalid";
  const [before, fragment] = cutOnce(text, "#");
  if (BAD_ESCAPE.test(fragment)) return "invalid";
  if (before.startsWith(":")) return "invalid";
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
  const authority = slash < 0 ? rest.slice(2) : rest.slice(2, slash);
  if (BAD_ESCAPE.test(slash < 0 ? "" : rest.slice(slash))) return "invalid";
  const host = hostOf(authority);
  if (host === undefined) return "invalid";
  return scheme === "" && host === "" ? "relative" : "absolute";
}

/** The host of an authority, or undefined if the authority is malformed. */
function hostOf(authority: string): string | undefined {
  const at = authority.lastIndexOf("@");
  const user = at < 0 ? "" : authority.slice(0, at);
  const host = authority.slice(at + 1);
  if (!USER.test(user) || BAD_ESCAPE.test(user) || !HOST.test(host)) return undefined;
  const port = host.startsWith("[") ? portAfterBracket(host) : (/:[^:]*$/.exec(host)?.[0] ?? "");
  if (port === undefined || !/^(?::\d*)?$/.test(port)) return undefined;
  return escapesAreFit(host) ? host : undefined;
}

function portAfterBracket(host: string): string | undefined {
  const end = host.lastIndexOf("]");
  return end < 0 ? undefined : host.slice(end + 1);
}

/** In a host, only bytes beyond ASCII may be escaped, and `%25` before the zone of an IPv6 address. */
function escapesAreFit(host: string): boolean {
  const plain = host.startsWith("[") ? host.replace(/%25.*(?=\])/, "") : host;
  return !/%(?![89A-Fa-f][0-9A-Fa-f]|25)/.test(plain);
}

function cutOnce(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + mark.length)];
}
