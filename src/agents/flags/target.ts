/** A request's target in pieces. */
export interface Target {
  /** In lower case, repeated slashes as one, and none at the end. */
  readonly path: string;
  /** The path with its letters as they are. */
  readonly raw: string;
  readonly search: string;
}

/** Routes are found whatever the case of their letters, and however many slashes stand between them. */
export function targetOf(url = "/"): Target {
  const [whole = "/", search = ""] = url.replace(/^https?:\/\/[^/?]*/i, "").split(/\?(.*)/s);
  const raw = `/${whole}`.replace(/\/{2,}/g, "/").replace(/(.)\/$/, "$1");
  return { path: raw.toLowerCase(), raw, search };
}

/** The query: names in any case, of several values the first. */
export function queryOf({ search }: Target): ReadonlyMap<string, string> {
  const query = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(search))
    if (!query.has(name.toLowerCase())) query.set(name.toLowerCase(), value);
  return query;
}
