/** Somebody for whom flags are evaluated. */
export interface User {
  readonly keyId: string;
  /** null where it was not given, which no condition holds for. */
  readonly name: string | null;
  /** Custom properties; of several with one name the first counts. */
  readonly properties: ReadonlyMap<string, string>;
}

/** A property's value: `""` for one that is missing, null for a name that was not given. Built-in names cannot be shadowed. */
export function propertyOf(user: User, property: string): string | null {
  if (property === "keyId") return user.keyId;
  if (property === "name") return user.name;
  if (isBlank(property)) return "";
  return user.properties.get(property) ?? "";
}

export function isBlank(text: string | null | undefined): boolean {
  return text === null || text === undefined || text.trim() === "";
}

/**
 * Reads a user as SDKs send one. Member names are taken in any case; values that are no text become text, where the
 * peer fails. @returns undefined where there is no key
 */
export function readUser(value: unknown): User | undefined {
  const given = membersOf(value);
  const keyId = given["keyid"];
  if (typeof keyId !== "string" || isBlank(keyId)) return undefined;
  const name = given["name"];
  return {
    keyId,
    name: typeof name === "string" ? name : null,
    properties: readProperties(given["customizedproperties"]),
  };
}

function readProperties(list: unknown): Map<string, string> {
  const properties = new Map<string, string>();
  if (!Array.isArray(list)) return properties;
  for (const each of list) {
    const { name, value } = membersOf(each);
    const text = textOfValue(value);
    if (typeof name === "string" && text !== undefined && !properties.has(name)) properties.set(name, text);
  }
  return properties;
}

/** A property's value as text: text as it is, everything else as its JSON, and nothing for null. */
export function textOfValue(value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined;
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The members of an object by their names in lower case; nothing for what is no object. */
function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return {};
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name.toLowerCase(), member]));
}
