/**
 * Requests are bytes and rules are text. Everything that is compared or searched is a byte text: a string with one
 * character for each byte of UTF-8. For plain ASCII, which is nearly everything, that is the same string.
 */

const BEYOND_ASCII = /[^\x00-\x7f]/;

/** The bytes of a text. */
export function toBytes(text: string): string {
  return BEYOND_ASCII.test(text) ? Buffer.from(text, "utf8").toString("latin1") : text;
}

/** The text that bytes spell; bytes that are no UTF-8 become U+FFFD. */
export function toText(bytes: string): string {
  return BEYOND_ASCII.test(bytes) ? Buffer.from(bytes, "latin1").toString("utf8") : bytes;
}
