type Query = Readonly<Record<string, readonly string[]>>;

/** As Go's `url.Values.Encode` writes it: sorted by name, a space is a plus. */
export function writeQuery(query: Query): string {
  return Object.keys(query)
    .toSorted()
    .flatMap((name) => (query[name] ?? []).map((value) => `${escaped(name)}=${escaped(value)}`))
    .join("&");
}

/** The query of a URL, by name. Never throws: what is badly escaped stays as it is. */
export function parseQuery(text: string): Query {
  const query: Record<string, string[]> = {};
  for (const [name, value] of new URLSearchParams(text)) {
    if (!Object.hasOwn(query, name)) query[name] = [];
    query[name]?.push(value);
  }
  return query;
}

function escaped(text: string): string {
  const more = (char: string) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`;
  // A half of a pair of surrogates cannot be encoded; it becomes what UTF-8 has for it.
  return encodeURIComponent(Buffer.from(text).toString())
    .replace(/[!'()*]/g, more)
    .replaceAll("%20", "+");
}
