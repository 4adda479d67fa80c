/** The first `most` code points of a text. */
export function cutPoints(text: string, most: number): string {
  if (text.length <= most) return text;
  let at = 0;
  for (let points = 0; points < most && at < text.length; points++) {
    at += text.codePointAt(at)! > 0xffff ? 2 : 1;
  }
  return text.slice(0, at);
}

/** As much of the begin of a text as fits into `most` bytes of UTF-8, without cutting a character. */
export function cutBytes(text: string, most: number): string {
  // No UTF-16 unit needs more than three bytes.
  if (text.length * 3 <= most) return text;
  const bytes = Buffer.from(text);
  if (bytes.length <= most) return text;
  let end = most;
  while ((bytes[end]! & 0xc0) === 0x80) end--;
  return bytes.toString("utf8", 0, end);
}

const LONE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Halves of characters, which no UTF-8 can hold, become U+FFFD. */
export function wellFormed(text: string): string {
  return text.replace(LONE, "\ufffd");
}
