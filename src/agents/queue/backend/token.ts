import type { HttpAnswer } from "../../../wire/http-client.ts";

export interface Token {
  /** The value of an Authorization header. */
  readonly header: string;
  /** When it had better not be used any more, in milliseconds since 1970. */
  readonly until: number;
}

/** A token is renewed so long before it ends, in milliseconds. Source: `expiryDelta` of `golang.org/x/oauth2`. */
const EARLY = 10_000;
const TYPES: Readonly<Record<string, string>> = {
  "": "Bearer",
  bearer: "Bearer",
  mac: "MAC",
  basic: "Basic",
};

/** The token in the answer of a token endpoint, if there is one. A token without a lifetime lives for ever. */
export function tokenFrom({ status, headers, body }: HttpAnswer): Token | undefined {
  if (status < 200 || status > 299) return undefined;
  const {
    access_token: token,
    token_type: type,
    expires_in: seconds,
  } = fieldsOf(headers, body.toString("utf8"));
  if (typeof token !== "string" || token === "") return undefined;
  const named = typeof type === "string" ? type : "";
  const lives = Number(seconds) > 0 ? Number(seconds) * 1_000 - EARLY : Number.POSITIVE_INFINITY;
  return { header: `${TYPES[named.toLowerCase()] ?? named} ${token}`, until: Date.now() + lives };
}

/** JSON, or the form that some endpoints answer with. */
function fieldsOf(headers: HttpAnswer["headers"], text: string): Record<string, unknown> {
  const type = String(headers["content-type"] ?? "")
    .split(";")[0]!
    .trim();
  if (type === "application/x-www-form-urlencoded" || type === "text/plain") {
    return Object.fromEntries(new URLSearchParams(text));
  }
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}
