/** HTTP headers by canonical name (`Content-Type`), each with its values in order. */
export type Headers = Readonly<Record<string, readonly string[]>>;

/** What a header may be called (RFC 9110, `token`). */
export const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * The name as the peer spells it: the first letter and those after a hyphen are capitals, the rest is small. A name
 * with bytes that no header may have is left as it is.
 * Source: `textproto.CanonicalMIMEHeaderKey` of Go.
 */
export function canonical(name: string): string {
  const known = spelled.get(name);
  if (known !== undefined) return known;
  const made = TOKEN.test(name) ? capitals(name) : name;
  if (spelled.size < MOST_SPELLED) spelled.set(name, made);
  return made;
}

/** The same few names come with every answer. */
const spelled = new Map<string, string>();
const MOST_SPELLED = 500;

function capitals(name: string): string {
  return name.toLowerCase().replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
}

/** The first value of a header, by its canonical name. */
export function first(headers: Headers, name: string): string | undefined {
  return headers[name]?.[0];
}

/** A copy in which the header has these values; with none it is gone. */
export function withHeader(headers: Headers, name: string, values: readonly string[]): Headers {
  const { [name]: _, ...others } = headers;
  return values.length > 0 ? { ...others, [name]: values } : others;
}

/** The headers of a response as Node's clients give them: small letters, one text or several. */
export function fromNode(given: Readonly<Record<string, string | string[] | undefined>>): Headers {
  const headers: Record<string, readonly string[]> = {};
  for (const [name, value] of Object.entries(given)) {
    // As a key of an object the first name is something else; how the body came is nobody's business, as in Go.
    if (value !== undefined && name !== "__proto__" && name !== "transfer-encoding")
      headers[canonical(name)] = typeof value === "string" ? [value] : value;
  }
  return headers;
}
