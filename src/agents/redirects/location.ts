import { urlForm } from "./go-url.ts";

/**
 * Where a redirect leads, as Go's `http.Redirect` writes it: a target without scheme and host is made absolute
 * against the request's path and cleaned; anything else stays as it is. Byte texts.
 * @param requestPath the request's path, decoded; only asked for where a target is relative to it
 */
export function resolveTarget(target: string, requestPath: () => string): string {
  if (urlForm(target) !== "relative") return target;
  const rooted = target.startsWith("/") ? target : folderOf(requestPath()) + target;
  const cut = rooted.indexOf("?");
  const path = cut < 0 ? rooted : rooted.slice(0, cut);
  const query = cut < 0 ? "" : rooted.slice(cut);
  const cleaned = cleanPath(path);
  return (path.endsWith("/") && !cleaned.endsWith("/") ? `${cleaned}/` : cleaned) + query;
}

/**
 * The value of the `Location` header: bytes beyond ASCII escaped in lower case, line ends as spaces, trimmed.
 * Other control bytes, which the peer would let through, are escaped too: no client should have to see them.
 */
export function locationHeader(url: string): string {
  if (VISIBLE.test(url)) return url;
  return url
    .replace(/[\r\n]/g, " ")
    .replace(
      /[\x00-\x08\x0b-\x1f\x7f-\xff]/g,
      (char) => `%${char.charCodeAt(0).toString(16).padStart(2, "0")}`,
    )
    .replace(/^[ \t]+|[ \t]+$/g, "");
}

const VISIBLE = /^[\x21-\x7e]*$/;

/** Everything up to and including the last slash. */
function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/") + 1) || "/";
}

/** An empty segment, one that begins with a dot, or a slash at the end: whatever else there is, is clean. */
const UNCLEAN = /\/(?:[/.]|$)/;

/** Go's `path.Clean` for a path that begins with a slash. */
function cleanPath(path: string): string {
  if (!UNCLEAN.test(path)) return path;
  const kept: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") kept.pop();
    else if (segment !== "" && segment !== ".") kept.push(segment);
  }
  return `/${kept.join("/")}`;
}

const PHRASES: Readonly<Record<number, string>> = {
  301: "Moved Permanently",
  302: "Found",
  307: "Temporary Redirect",
  308: "Permanent Redirect",
};

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&#34;",
  "'": "&#39;",
};

/** The little page that Go sends along with a redirect. */
export function redirectBody(url: string, code: number): string {
  const escaped = url.replace(/[&<>"']/g, (char) => ENTITIES[char]!);
  return `<a href="${escaped}">${PHRASES[code] ?? "Found"}</a>.\n\n`;
}
