/** How a request may be bent before it is compared. The defaults bend nothing, as the peer. */
export interface Bending {
  readonly query: "exact" | "ignore" | "preserve" | "strip-tracking";
  readonly host: "raw" | "normalised";
  readonly trailing_slash: "exact" | "ignore";
  readonly case: "exact" | "ignore";
}

/** One form of a request to try. */
export interface Form {
  readonly host: string;
  readonly uri: string;
  /** The query, with its `?`, that was left out of the comparison and belongs onto the target; empty for none. */
  readonly carried: string;
}

/** Parameters that campaigns add and pages do not know. */
const TRACKING =
  /^(?:utm_[a-z_]+|gclid|gbraid|wbraid|dclid|fbclid|msclkid|yclid|twclid|ttclid|li_fat_id|igshid|mc_cid|mc_eid|_hsenc|_hsmi|vero_id|oly_enc_id|oly_anon_id|mkt_tok)$/i;

/** The forms of a request in the order in which they are tried: as it is first, so that the most exact rule wins. */
export function* formsOf(host: string, uri: string, bending: Bending): Generator<Form> {
  const bentHost = bending.host === "normalised" ? normalHost(host) : host;
  for (const { uri: bentUri, carried } of queryForms(uri, bending.query)) {
    for (const cased of caseForms(bentUri, bending.case)) {
      yield { host: bentHost, uri: cased, carried };
      const toggled = bending.trailing_slash === "ignore" ? toggleSlash(cased) : undefined;
      if (toggled !== undefined) yield { host: bentHost, uri: toggled, carried };
    }
  }
}

/** As it is, and with a path in lower case. What stands behind a percent sign is no letter, and a query is no path. */
function* caseForms(uri: string, letters: Bending["case"]): Generator<string> {
  yield uri;
  if (letters === "exact") return;
  const cut = uri.indexOf("?");
  const path = cut < 0 ? uri : uri.slice(0, cut);
  const lower = path.replace(/%..|[A-Z]+/g, (piece) => (piece.startsWith("%") ? piece : piece.toLowerCase()));
  if (lower !== path) yield lower + uri.slice(path.length);
}

/** Whether nothing is bent, so that the form of a request is the request. */
export function bendsNothing({ query, host, trailing_slash, case: letters }: Bending): boolean {
  return query === "exact" && host === "raw" && trailing_slash === "exact" && letters === "exact";
}

/** Lower case, without the default port and a trailing dot. */
export function normalHost(host: string): string {
  return host
    .toLowerCase()
    .replace(/:(?:80|443)?$/, "")
    .replace(/\.(?=:|$)/, "");
}

function* queryForms(uri: string, query: Bending["query"]): Generator<Omit<Form, "host">> {
  yield { uri, carried: "" };
  const cut = uri.indexOf("?");
  if (cut < 0 || query === "exact") return;
  const path = uri.slice(0, cut);
  const given = uri.slice(cut + 1);
  if (query === "ignore") yield { uri: path, carried: "" };
  else if (query === "preserve") yield { uri: path, carried: given === "" ? "" : `?${given}` };
  else {
    const parts = given.split("&");
    const kept = parts.filter((part) => !TRACKING.test(part.split("=")[0]!));
    if (kept.length === parts.length) return;
    yield { uri: kept.length === 0 ? path : `${path}?${kept.join("&")}`, carried: "" };
  }
}

/** Puts a carried query onto a target; one that has a query gets it behind. */
export function carry(target: string, carried: string): string {
  if (carried === "") return target;
  const hash = target.indexOf("#");
  const base = hash < 0 ? target : target.slice(0, hash);
  const fragment = hash < 0 ? "" : target.slice(hash);
  return base + (base.includes("?") ? `&${carried.slice(1)}` : carried) + fragment;
}

/** With a slash at the end of the path, or without; undefined for the root, which has no other form. */
function toggleSlash(uri: string): string | undefined {
  const cut = uri.indexOf("?");
  const path = cut < 0 ? uri : uri.slice(0, cut);
  if (path === "/") return undefined;
  const toggled = path.endsWith("/") ? path.slice(0, -1) : `${path}/`;
  return toggled + (cut < 0 ? "" : uri.slice(cut));
}
