export function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** A copy with one key set, or taken away where the value is undefined. */
export function withKey(record: unknown, key: string, value: unknown): Record<string, unknown> {
  const { [key]: _, ...rest } = isRecord(record) ? record : {};
  if (value === undefined) return rest;
  // Keys keep their place, so that what is read as YAML does not jump about.
  return isRecord(record) && key in record ? { ...record, [key]: value } : { ...rest, [key]: value };
}

/** A copy with one item set, or taken away where the value is undefined. */
export function withItem(list: readonly unknown[], index: number, value: unknown): unknown[] {
  return value === undefined ? list.filter((_, at) => at !== index) : list.with(index, value);
}
