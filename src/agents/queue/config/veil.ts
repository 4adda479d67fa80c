/** Names of headers, fields and cookies whose values are nobody's business. */
const SENSITIVE = /auth|token|secret|passw|passphrase|api-?_?key|cookie|signature|credential/i;

const MASK = "***";

export function isSensitive(name: string): boolean {
  return SENSITIVE.test(name);
}

/** Fields by name, of which the sensitive ones are masked wherever the configuration is shown. */
export function veiledFields<T extends object>(fields: T): T {
  return veiled(fields, () =>
    Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [name, SENSITIVE.test(name) ? MASK : value]),
    ),
  );
}

/** Modifiers of messages, where values of sensitive headers and of all cookies are masked likewise. */
export function veiledModifiers<T extends object>(modifiers: T): T {
  return veiled(modifiers, () => shownModifier("", modifiers));
}

function shownModifier(kind: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => shownModifier(kind, item));
  if (value === null || typeof value !== "object") return value;
  const { name } = value as { name?: unknown };
  const masks = SENSITIVE.test(`${kind} ${typeof name === "string" ? name : ""}`);
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      masks && key === "value" ? MASK : shownModifier(key, inner),
    ]),
  );
}

/** A copy that is the same to the program, and something else to JSON. */
function veiled<T extends object>(value: T, shown: () => unknown): T {
  return Object.defineProperty({ ...value }, "toJSON", { value: shown, enumerable: false });
}
