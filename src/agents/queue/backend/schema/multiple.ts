import type { FuncKeywordDefinition } from "ajv";

/**
 * `multipleOf` by the decimals that a number is written with, as the peer divides fractions: 19.99 is a multiple of
 * 0.01, though not to a computer that divides doubles.
 */
export const multipleOf: FuncKeywordDefinition = {
  keyword: "multipleOf",
  type: "number",
  schemaType: "number",
  validate: isMultiple,
  error: { message: ({ schema }) => `must be multiple of ${Number(schema)}` },
};

function isMultiple(of: number, value: number): boolean {
  if (!(of > 0) || !Number.isFinite(value)) return false;
  const [[digits, power], [unit, unitPower]] = [decimal(value), decimal(of)];
  const lowest = Math.min(power, unitPower);
  return shifted(digits, power - lowest) % shifted(unit, unitPower - lowest) === 0n;
}

const shifted = (digits: bigint, places: number): bigint => digits * 10n ** BigInt(places);

/** A number as digits and a power of ten. */
function decimal(value: number): [digits: bigint, power: number] {
  const [digits = "", exponent = ""] = value.toExponential().split("e");
  const decimals = digits.split(".")[1]?.length ?? 0;
  return [BigInt(digits.replace(".", "")), Number(exponent) - decimals];
}
