/** What HAProxy finds in an answer. */
export interface Understood {
  readonly health?: "up" | "down";
  readonly admin?: "ready" | "drain" | "maint";
  /** As written: see `weightOf`. */
  readonly weight?: string;
  /** As written: see `maxconnOf`. */
  readonly maxconn?: string;
  /** The first word that is none. */
  readonly unknown?: string;
  readonly description?: string;
}

/**
 * Reads an answer with HAProxy's grammar: words between blanks, tabs and commas up to the first line end; in each
 * class the last word wins; `#` begins a description only where a word could begin.
 * @returns undefined for a line that never ended, which HAProxy ignores
 */
export function understand(answer: string): Understood | undefined {
  const line = /^[^\r\n\0]*(?=[\r\n])/.exec(answer)?.[0];
  if (line === undefined) return undefined;
  const found: Draft = {};
  const comment = /(?:^|[ \t,])#[ \t]*(.*)$/s.exec(line);
  if (comment) found.description = comment[1] ?? "";
  const said = comment ? line.slice(0, comment.index) : line;
  for (const word of said.split(/[ \t,]+/).filter(Boolean)) take(word, found);
  return found;
}

type Draft = { -readonly [K in keyof Understood]: Understood[K] };

function take(word: string, found: Draft): void {
  const lower = word.toLowerCase();
  if (lower === "up") found.health = "up";
  else if (lower === "down" || lower === "fail" || lower === "stopped") found.health = "down";
  else if (lower === "ready" || lower === "drain" || lower === "maint") found.admin = lower;
  else if (/^\d.*%/.test(word)) found.weight = word;
  else if (lower.startsWith("maxconn:")) found.maxconn = word.slice(8);
  else if (lower.startsWith("weight:")) found.weight = word.slice(7);
  else found.unknown ??= word;
}

/** No percentage counts for more than this, and no weight is larger than the next. */
const MOST_PERCENT = 25_600;
const LARGEST_WEIGHT = 256;

/**
 * The weight that a weight word gives a server.
 * @param configured the weight in HAProxy's configuration
 * @returns undefined for a word that HAProxy refuses
 */
export function weightOf(word: string, configured: number): number | undefined {
  const [, number, percent] = /^(\d+)(%?)$/.exec(word) ?? [];
  if (number === undefined) return undefined;
  if (percent === "") return Number(number) <= LARGEST_WEIGHT ? Number(number) : undefined;
  // Cut off, not rounded: 99 % of 1 is 0.
  const share = Math.floor((configured * Math.min(MOST_PERCENT, Number(number))) / 100);
  return Math.min(LARGEST_WEIGHT, share);
}

/**
 * The limit that a maxconn word sets, within 32 bits; 0 is no limit.
 * @returns undefined for a word that HAProxy refuses
 */
export function maxconnOf(word: string): number | undefined {
  return /^[+-]?\d+$/.test(word) ? Number(BigInt.asUintN(32, BigInt(word.replace("+", "")))) : undefined;
}
