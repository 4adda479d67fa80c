/** A secret is 22 random characters, and 22 that say which environment it belongs to. */
const LENGTH = 44;
const RANDOM = 22;

const NIL = "00000000-0000-0000-0000-000000000000";
const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether a text is a GUID with hyphens. */
export function isGuid(text: unknown): text is string {
  return typeof text === "string" && GUID.test(text);
}

/** A GUID in 22 characters: its bytes in Microsoft's order in Base64 for URLs, without padding. */
export function encodeGuid(guid: string): string {
  return swapped(Buffer.from(guid.replaceAll("-", ""), "hex")).toString("base64url");
}

/** The GUID, in lower case; undefined for what is none. */
export function decodeGuid(text: string): string | undefined {
  if (!/^[A-Za-z0-9_-]{22}$/.test(text)) return undefined;
  const hex = swapped(Buffer.from(text, "base64url")).toString("hex");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** The environment that a secret belongs to; undefined for a text that is no secret, known or not. */
export function environmentOf(secret: string): string | undefined {
  if (secret.length !== LENGTH) return undefined;
  const envId = decodeGuid(secret.slice(RANDOM));
  return envId === NIL ? undefined : envId;
}

/** Microsoft writes the first group of four bytes and the two groups of two with the last byte first. */
function swapped(bytes: Buffer): Buffer {
  bytes.subarray(0, 4).reverse();
  bytes.subarray(4, 6).reverse();
  bytes.subarray(6, 8).reverse();
  return bytes;
}

/** A secret as it may be shown: its beginning, and how long it is. */
export function hint(secret: string): string {
  return `${secret.slice(0, 6)}…(${secret.length})`;
}
