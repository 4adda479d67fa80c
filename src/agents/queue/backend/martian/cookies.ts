import { TOKEN } from "../headers.ts";
import type { Fields } from "./fields.ts";
import { filter, type Maker } from "./modifier.ts";

const NOT_IN_VALUE = /[^\x20-\x7e]|["\\;]/g;
const NOT_IN_PATH = /[^\x20-\x7e]|;/g;
const DOMAIN = /^\.?(?=.{1,255}$)(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)*[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/i;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/** Modifiers and filters of cookies, by name. */
export const cookieModifiers: Readonly<Record<string, Maker>> = {
  "cookie.Modifier": (fields) => {
    const name = fields.text("name");
    const value = quoted(fields.text("value"));
    const pair = `${name.replace(/[\r\n]/g, "-")}=${value}`;
    const line = TOKEN.test(name) ? `${pair}${attributes(fields)}` : "";
    return {
      request: (sent) => {
        const others = sent.fields.get("Cookie");
        sent.fields.set("Cookie", others === "" ? pair : `${others}; ${pair}`);
      },
      response: (received) => received.fields.add("Set-Cookie", line),
    };
  },
  "cookie.Filter": (fields, read) => {
    const [name, value] = [fields.text("name"), fields.text("value")];
    const among = (pairs: readonly string[]) =>
      pairs.some((pair) => {
        const [own, text] = parsed(pair);
        return own === name && text !== undefined && (value === "" || text === value);
      });
    return filter(fields, read, {
      request: (sent) => among(sent.fields.all("Cookie").flatMap((line) => line.split(";"))),
      response: (received) => among(received.fields.all("Set-Cookie").map((line) => line.split(";")[0]!)),
    });
  },
};

/** A value without what no cookie may hold, in quotes if it has a space or a comma. Source: Go's `sanitizeCookieValue`. */
function quoted(value: string): string {
  const clean = value.replace(NOT_IN_VALUE, "");
  return /[ ,]/.test(clean) ? `"${clean}"` : clean;
}

/** Source: `Cookie.String` of Go. */
function attributes(fields: Fields): string {
  const path = fields.text("path").replace(NOT_IN_PATH, "");
  const domain = fields.text("domain");
  const age = fields.whole("maxAge");
  return [
    path === "" ? "" : `; Path=${path}`,
    DOMAIN.test(domain) ? `; Domain=${domain.replace(/^\./, "")}` : "",
    expires(fields),
    age > 0 ? `; Max-Age=${age}` : age < 0 ? "; Max-Age=0" : "",
    fields.flag("httpOnly") ? "; HttpOnly" : "",
    fields.flag("secure") ? "; Secure" : "",
  ].join("");
}

function expires(fields: Fields): string {
  const text = fields.text("expires");
  if (text === "") return "";
  const time = new Date(text);
  if (!TIME.test(text) || Number.isNaN(time.getTime()))
    throw fields.error("`expires` is no time of RFC 3339");
  return time.getUTCFullYear() < 1601 ? "" : `; Expires=${time.toUTCString()}`;
}

/** Name and value of a pair; the value is undefined where Go would pass over the pair. */
function parsed(pair: string): [name: string, value: string | undefined] {
  const cut = pair.indexOf("=");
  const name = (cut < 0 ? pair : pair.slice(0, cut)).trim();
  const raw = cut < 0 ? "" : pair.slice(cut + 1).trim();
  const value = /^"(.*)"$/.exec(raw)?.[1] ?? raw;
  return [name, new RegExp(NOT_IN_VALUE.source).test(value) ? undefined : value];
}
