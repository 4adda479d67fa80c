/** Numbers in texts, spelled as hapgent's language (Zig) allows: a sign, and underscores between digits. */

const INTEGER = /^[+-]?\d(?:[\d_]*\d)?$/;
const FLOAT = /^([+-]?)(\d(?:_?\d)*)?\.?(\d(?:_?\d)*)?(?:[eE]([+-]?\d(?:_?\d)*))?$/;
/** An exponent beyond this is as good as endless, and keeps what follows small. */
const FAR = 100_000;

/** @returns undefined for a text that is no decimal integer */
export function readInteger(text: string): number | undefined {
  // The sum turns -0 into 0.
  return INTEGER.test(text) ? Number(plain(text)) + 0 : undefined;
}

/**
 * An integer, or a float that is whole: `50.0`, `5e1`, `2550e-1`. Counted digit by digit, because a double would
 * take 50.00000000000000001 for whole.
 * @returns undefined for a text that is no whole number
 */
export function readWhole(text: string): number | undefined {
  if (!/[.eE]/.test(text)) return readInteger(text);
  const [found, sign, before = "", after = "", exponent = "0"] = FLOAT.exec(text) ?? [];
  const digits = plain(before + after);
  if (found === undefined || digits === "") return undefined;
  if (/^0+$/.test(digits)) return 0;
  const point = Math.min(FAR, plain(before).length + Number(plain(exponent)));
  if (/[1-9]/.test(digits.slice(Math.max(0, point)))) return undefined;
  return Number(`${sign}${digits.slice(0, point)}e${Math.max(0, point - digits.length)}`);
}

function plain(digits: string): string {
  return digits.replaceAll("_", "");
}
