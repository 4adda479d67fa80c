/** A value that Python's literals can denote. Integers are exact; a float is told apart from an integer. */
export type Python =
  | { readonly type: "none" | "ellipsis" }
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "int"; readonly value: bigint }
  | { readonly type: "float"; readonly value: number }
  | { readonly type: "complex"; readonly real: number; readonly imaginary: number }
  | { readonly type: "str"; readonly value: string }
  | { readonly type: "bytes"; readonly value: Uint8Array }
  | { readonly type: "tuple" | "list" | "set"; readonly items: readonly Python[] }
  | { readonly type: "dict"; readonly entries: readonly (readonly [Python, Python])[] };

export const none: Python = { type: "none" };
export const ellipsis: Python = { type: "ellipsis" };

/**
 * What is the same for equal values: in Python 1, 1.0 and True are one key. undefined for what cannot be a key,
 * because it can change.
 */
export function keyOf(value: Python): string | undefined {
  switch (value.type) {
    case "none":
    case "ellipsis":
      return value.type;
    case "bool":
      return value.value ? "number 1" : "number 0";
    case "int":
      return `number ${value.value}`;
    case "float":
      return Number.isInteger(value.value) ? `number ${BigInt(value.value)}` : `number ${value.value}`;
    case "complex":
      return value.imaginary === 0
        ? keyOf({ type: "float", value: value.real })
        : `complex ${value.real} ${value.imaginary}`;
    case "str":
      return `str ${value.value}`;
    case "bytes":
      return `bytes ${Buffer.from(value.value).toString("latin1")}`;
    case "tuple":
      return keyOfTuple(value.items);
    default:
      return undefined;
  }
}

function keyOfTuple(items: readonly Python[]): string | undefined {
  const keys = items.map(keyOf);
  return keys.includes(undefined) ? undefined : `tuple ${JSON.stringify(keys)}`;
}

/** A dictionary of these entries: of equal keys the first spelling and place, and the last value. */
export function dictOf(entries: readonly (readonly [Python, Python])[]): Python | undefined {
  const kept = new Map<string, [Python, Python]>();
  for (const [key, value] of entries) {
    const name = keyOf(key);
    if (name === undefined) return undefined;
    kept.set(name, [kept.get(name)?.[0] ?? key, value]);
  }
  return { type: "dict", entries: [...kept.values()] };
}

export function setOf(items: readonly Python[]): Python | undefined {
  const kept = new Map<string, Python>();
  for (const item of items) {
    const name = keyOf(item);
    if (name === undefined) return undefined;
    if (!kept.has(name)) kept.set(name, item);
  }
  return { type: "set", items: [...kept.values()] };
}
