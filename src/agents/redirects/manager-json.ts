import { codeOf, type Page, type Rule } from "./rules.ts";

/**
 * Answers of a Manager, read as Go's decoder reads them: keys in any case, unknown ones skipped, null and missing
 * taken for empty, a wrong type refused, and nothing after the first value looked at. One thing is stricter: an
 * answer that is nothing but `null` is refused, so that no accident takes every rule away.
 */

export interface ListPage<T> {
  readonly items: readonly T[];
  readonly total: number;
  /** Where the next page begins, for Managers that say so. */
  readonly next: string | undefined;
}

export function readList<T>(value: unknown, item: (value: unknown) => T): ListPage<T> {
  const fields = asObject(value, "the answer");
  const items = field(fields, "Items") ?? [];
  const next = text(fields, "Next");
  if (!Array.isArray(items)) throw new TypeError("Items is no list");
  // Not needed, but an answer in which they are wrong is not from a Manager.
  for (const name of ["Limit", "Offset"]) whole(fields, name);
  return { items: items.map(item), total: whole(fields, "Total"), next: next === "" ? undefined : next };
}

export function readRedirect(value: unknown): Rule {
  const fields = asObject(value ?? {}, "a redirect");
  const status = text(fields, "status");
  const source = text(fields, "source");
  return { type: text(fields, "type"), source, target: text(fields, "target"), status, code: codeOf(status) };
}

export function readPage(value: unknown): Page {
  const fields = asObject(value ?? {}, "a page");
  const content = text(fields, "content");
  return {
    type: text(fields, "type"),
    path: text(fields, "path"),
    content,
    contentType: text(fields, "contentType"),
  };
}

/** The first JSON value of a text; what follows it is not looked at. Throws SyntaxError. */
export function firstJsonValue(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    const end = endOfValue(body);
    if (end === undefined || end >= body.length) throw error;
    return JSON.parse(body.slice(0, end));
  }
}

/** Where the object or list that a text begins with ends. Looks at each character once, also where the text is cut. */
function endOfValue(body: string): number | undefined {
  let depth = 0;
  const token = /["{}[\]]/g;
  for (let found = token.exec(body); found; found = token.exec(body)) {
    if (found[0] === '"') {
      token.lastIndex = endOfText(body, token.lastIndex);
      if (token.lastIndex === 0) return undefined;
    } else if (found[0] === "{" || found[0] === "[") depth++;
    else if (--depth === 0) return token.lastIndex;
  }
  return undefined;
}

/** The place behind the quote that ends a text; 0 if none does. */
function endOfText(body: string, from: number): number {
  for (let quote = body.indexOf('"', from); quote >= 0; quote = body.indexOf('"', quote + 1)) {
    let before = quote;
    while (body[before - 1] === "\\") before--;
    // An even number of backslashes escape each other.
    if ((quote - before) % 2 === 0) return quote + 1;
  }
  return 0;
}

type Fields = Readonly<Record<string, unknown>>;

function asObject(value: unknown, what: string): Fields {
  if (value !== null && typeof value === "object" && !Array.isArray(value)) return value as Fields;
  throw new TypeError(`${what} is no object`);
}

/** A field by its name, or by its name in another case. */
function field(fields: Fields, name: string): unknown {
  if (Object.hasOwn(fields, name)) return fields[name];
  const lower = name.toLowerCase();
  const key = Object.keys(fields).find((each) => each.toLowerCase() === lower);
  return key === undefined ? undefined : fields[key];
}

function whole(fields: Fields, name: string): number {
  const value = field(fields, name) ?? 0;
  if (typeof value !== "number" || !Number.isInteger(value))
    throw new TypeError(`${name} is no whole number`);
  return value;
}

function text(fields: Fields, name: string): string {
  const value = field(fields, name) ?? "";
  if (typeof value !== "string") throw new TypeError(`${name} is no text`);
  return value;
}
