/** Characters that a path may hold as they are, `%` with its two digits included. Source: `validEncoded` of Go's net/url. */
const VALID_PATH = /^(?:[\w\-.~!$&'()*+,;=:@[\]/]|%[0-9a-fA-F]{2})*$/;
/** What is written as `%XX` once a path has to be written anew. Source: `shouldEscape(c, encodePath)` of Go. */
const ESCAPED = /[^\w\-.~$&+,/:;=@]/g;
const BROKEN = /%(?![0-9a-fA-F]{2})/;
const PARTS = /^[a-z]+:\/\/[^/?#]*([^?#]*)(\?[^#]*)?/i;

/**
 * The path and query of a URL as they stand in a request line. What may stand there is left as it was written: dots are
 * not resolved, escapes not changed. A path that may not is unescaped and escaped again, as Go does.
 * Throws TypeError for a `%` without two digits.
 */
export function requestTarget(url: string): string {
  const [, path = "", query = ""] = PARTS.exec(url) ?? [];
  return `${path === "" ? "/" : escapedPath(path)}${query.replace(/[^!-~]+/g, encodeURIComponent)}`;
}

/** A path in which every byte is allowed. Source: `URL.EscapedPath` of Go. */
export function escapedPath(path: string): string {
  if (VALID_PATH.test(path)) return path;
  if (BROKEN.test(path)) throw new TypeError(`invalid URL escape in ${path}`);
  return bytesOf(path).toString("latin1").replace(ESCAPED, byte);
}

/** A text as a path; a `%` in it is one of the text. Source: `escape(s, encodePath)` of Go. */
export function pathOf(text: string): string {
  return Buffer.from(text).toString("latin1").replace(ESCAPED, byte);
}

/** The bytes that a path stands for: those of its escapes, and UTF-8 between them. */
function bytesOf(path: string): Buffer {
  const pieces = path.split(/((?:%[0-9a-fA-F]{2})+)/);
  return Buffer.concat(
    pieces.map((piece, i) =>
      i % 2 === 1 ? Buffer.from(piece.replaceAll("%", ""), "hex") : Buffer.from(piece),
    ),
  );
}

function byte(char: string): string {
  return `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
}
