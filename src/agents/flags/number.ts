const NUMBER = /^[ \t\n\v\f\r]*([+-]?)(?:(\d[\d,]*)(\.\d*)?|(\.\d+))(e[+-]?\d+)?[ \t\n\v\f\r]*$/i;
const INFINITE = /^[ \t\n\v\f\r]*([+-]?)infinity[ \t\n\v\f\r]*$/i;

/**
 * A number as .NET's `double.TryParse` reads it: commas may follow digits of the integer part, a point may stand
 * first or last. @returns NaN for what is none, which compares with nothing
 */
export function readNumber(text: string): number {
  const match = NUMBER.exec(text);
  if (match) {
    const [, sign = "", whole = "", fraction = "", bare = "", exponent = ""] = match;
    return Number(`${sign}${whole.replaceAll(",", "")}${fraction}${bare}${exponent}`);
  }
  const infinite = INFINITE.exec(text);
  if (!infinite) return Number.NaN;
  return infinite[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}
