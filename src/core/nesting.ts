/**
 * Nobody's JSON is nested deeper than this. What takes a value apart, level by level, would run out of stack some
 * thousands of levels further down, and a few kilobytes of brackets are enough for that.
 */
const DEEPEST = 500;

const [QUOTE, BACKSLASH] = [0x22, 0x5c];

/** Whether the brackets of a text in JSON are nested too deeply to be taken apart. Reads no more than it has to. */
export function isTooDeep(text: string): boolean {
  if (text.length <= 2 * DEEPEST) return false;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfText(text, at);
    // `[` and `{`, `]` and `}`: they differ in one bit.
    else if ((code | 0x20) === 0x7b && ++depth > DEEPEST) return true;
    else if ((code | 0x20) === 0x7d) depth--;
  }
  return false;
}

/** The quote that ends a text. */
function endOfText(text: string, begin: number): number {
  for (let at = begin + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at++;
    else if (code === QUOTE) return at;
  }
  return text.length;
}
