import { named, printed } from "./values.ts";

type Amount = bigint | number | string | boolean | undefined;

/** As a whole number, the part after the point cut off; 0 for what is none. */
function whole(value: Amount): bigint {
  const number = typeof value === "bigint" ? value : Math.trunc(Number(value ?? 0));
  return typeof number === "bigint" ? number : BigInt(Number.isFinite(number) ? number : 0);
}

function float(value: Amount): number {
  const number = Number(value ?? 0);
  return Number.isFinite(number) ? number : 0;
}

/** Whether two are equal: numbers by what they are worth, whatever they are kept as. */
export function equal(one: unknown, other: unknown): boolean {
  const numeric = (value: unknown) => typeof value === "bigint" || typeof value === "number";
  if (numeric(one) && numeric(other)) return Number(one) === Number(other);
  if (one !== null && typeof one === "object") return printed(one) === printed(other);
  return one === other;
}

function compare(one: unknown, other: unknown): number {
  if (typeof one === "string" && typeof other === "string")
    return Buffer.compare(Buffer.from(one), Buffer.from(other));
  const [a, b] = [Number(one), Number(other)];
  if (typeof one === "string" || typeof other === "string" || Number.isNaN(a - b))
    throw new Error(`cannot compare ${named(one)} with ${named(other)}`);
  return a - b;
}

function divisor(value: Amount): bigint {
  const by = whole(value);
  if (by === 0n) throw new Error("division by zero");
  return by;
}

/** Functions on numbers, and comparisons. Those of Sprig work on whole numbers. */
export const numbers = {
  eq: (one: unknown, ...others: unknown[]) => others.some((other) => equal(one, other)),
  ne: (one: unknown, other: unknown) => !equal(one, other),
  lt: (one: unknown, other: unknown) => compare(one, other) < 0,
  le: (one: unknown, other: unknown) => compare(one, other) <= 0,
  gt: (one: unknown, other: unknown) => compare(one, other) > 0,
  ge: (one: unknown, other: unknown) => compare(one, other) >= 0,
  add: (...values: Amount[]) => values.map(whole).reduce((sum, each) => sum + each, 0n),
  add1: (value: Amount) => whole(value) + 1n,
  sub: (one: Amount, other: Amount) => whole(one) - whole(other),
  mul: (...values: Amount[]) => values.map(whole).reduce((product, each) => product * each, 1n),
  div: (one: Amount, other: Amount) => whole(one) / divisor(other),
  mod: (one: Amount, other: Amount) => whole(one) % divisor(other),
  max: (...values: Amount[]) => values.map(whole).sort(compare).at(-1),
  min: (...values: Amount[]) => values.map(whole).sort(compare)[0],
  addf: (...values: Amount[]) => values.map(float).reduce((sum, each) => sum + each, 0),
  mulf: (...values: Amount[]) => values.map(float).reduce((product, each) => product * each, 1),
  floor: (value: Amount) => Math.floor(float(value)),
  ceil: (value: Amount) => Math.ceil(float(value)),
  round: (value: Amount, digits: Amount = 0n) => Number(float(value).toFixed(Number(whole(digits)))),
  int: whole,
  int64: whole,
  atoi: whole,
  float64: float,
};
