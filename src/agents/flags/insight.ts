import { isBlank, textOfValue } from "./user.ts";

export interface InsightUser {
  readonly keyId: string;
  readonly name: string;
  readonly customizedProperties: readonly { readonly name: string; readonly value: string }[];
}

/** One element of what SDKs report: what was served to a user, and what the user did. */
export interface Insight {
  readonly user: InsightUser;
  readonly variations?: readonly object[];
  readonly metrics?: readonly object[];
}

/** An insight on its way. Which secret it is sent with is looked up when it is sent: by then there may be another. */
export interface Parcel {
  readonly envId: string;
  readonly insight: Insight;
}

/**
 * The insights in a body, cleaned of what the server does not take: it ignores elements without a user's key, fails
 * the whole batch for a property that is no text, and before 5.4.2 falls over a missing variation.
 * @returns undefined for a body that is no list
 */
export function readInsights(body: unknown): Insight[] | undefined {
  if (!Array.isArray(body)) return undefined;
  return body.flatMap((element) => readInsight(element) ?? []);
}

function readInsight(element: unknown): Insight | undefined {
  if (!isObject(element) || !isObject(element["user"])) return undefined;
  const user = readUser(element["user"]);
  const variations = listOf(element["variations"])?.filter((each) => isObject(each["variation"]));
  const metrics = listOf(element["metrics"]);
  const told = (variations?.length ?? 0) + (metrics?.length ?? 0);
  // Something was told, and none of it can be used.
  if (!user || (told === 0 && (element["variations"] || element["metrics"]))) return undefined;
  return { user, ...(variations && { variations }), ...(metrics && { metrics }) };
}

function readUser({ keyId, name, customizedProperties }: Fields): InsightUser | undefined {
  if (typeof keyId !== "string" || isBlank(keyId)) return undefined;
  const properties = (listOf(customizedProperties) ?? []).flatMap((each) => {
    const value = textOfValue(each["value"]);
    return typeof each["name"] === "string" && value !== undefined ? [{ name: each["name"], value }] : [];
  });
  return { keyId, name: typeof name === "string" ? name : "", customizedProperties: properties };
}

type Fields = Readonly<Record<string, unknown>>;

function listOf(value: unknown): Fields[] | undefined {
  return Array.isArray(value) ? value.filter(isObject) : undefined;
}

function isObject(value: unknown): value is Fields {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
