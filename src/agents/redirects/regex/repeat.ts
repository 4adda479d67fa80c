import type { Repeat } from "./node.ts";
import { PatternProblem } from "./problem.ts";
import type { Reader } from "./reader.ts";

/** A count may not be larger. */
const MOST = 1_000;

/** Go takes no leading zeros. */
const COUNT = /\{(0|[1-9]\d*)(?:(,)(0|[1-9]\d*)?)?\}/y;

export type RepeatSign = Omit<Repeat, "op" | "sub">;

/** Reads `*`, `+`, `?` or `{n,m}` with the `?` that turns its greediness; a `{` that begins no count is a character. */
export function readRepeat(reader: Reader, ungreedy: boolean): RepeatSign | undefined {
  const start = reader.at;
  const bounds = readBounds(reader);
  if (!bounds) return undefined;
  const { sign, min, max } = bounds;
  if (min < 0 || min > MOST || (max !== Number.POSITIVE_INFINITY && (max > MOST || min > max))) {
    throw new PatternProblem("repeatCount", reader.since(start));
  }
  const turned = reader.take("?");
  return { sign, min, max, greedy: turned === ungreedy };
}

function readBounds(reader: Reader): Pick<Repeat, "sign" | "min" | "max"> | undefined {
  if (reader.take("*")) return { sign: "*", min: 0, max: Number.POSITIVE_INFINITY };
  if (reader.take("+")) return { sign: "+", min: 1, max: Number.POSITIVE_INFINITY };
  if (reader.take("?")) return { sign: "?", min: 0, max: 1 };
  COUNT.lastIndex = reader.at;
  const count = COUNT.exec(reader.text);
  if (!count) return undefined;
  const [written, low = "", comma, high] = count;
  reader.take(written);
  const min = Number(low);
  return { sign: "{", min, max: high !== undefined ? Number(high) : comma ? Number.POSITIVE_INFINITY : min };
}
