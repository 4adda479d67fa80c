import { jsonOf, printed } from "./values.ts";

const VERB = /%([-+ 0#]*)(\d+)?(?:\.(\d+))?([a-zA-Z%])/g;

/** Go's `fmt.Sprintf`, with the verbs that configurations use: v s q d f g e t x. */
export function printf(format: string, ...values: unknown[]): string {
  let next = 0;
  const text = format.replace(
    VERB,
    (whole, flags: string, width: string | undefined, digits: string | undefined, verb: string) => {
      if (verb === "%") return "%";
      if (next >= values.length) return `%!${verb}(MISSING)`;
      return padded(one(verb, values[next++], digits) ?? `%!${whole.slice(1)}`, flags, Number(width ?? 0));
    },
  );
  const extra = values.slice(next).map((value) => printed(value, true));
  return extra.length > 0 ? `${text}%!(EXTRA ${extra.join(", ")})` : text;
}

function one(verb: string, value: unknown, digits: string | undefined): string | undefined {
  switch (verb) {
    case "v":
    case "s":
    case "t":
    case "g":
      return printed(value, true).slice(0, verb === "s" && digits !== undefined ? Number(digits) : undefined);
    case "q":
      return jsonOf(printed(value, true));
    case "d":
      return typeof value === "bigint"
        ? String(value)
        : `%!d(${typeof value === "number" ? "float64" : "string"}=${printed(value, true)})`;
    case "f":
      return Number(value).toFixed(Number(digits ?? 6));
    case "e":
      return Number(value)
        .toExponential(Number(digits ?? 6))
        .replace(/e([+-])(\d)$/, "e$10$2");
    case "x":
      return typeof value === "bigint" ? value.toString(16) : Buffer.from(printed(value)).toString("hex");
    default:
      return undefined;
  }
}

function padded(text: string, flags: string, width: number): string {
  if (flags.includes("-")) return text.padEnd(width);
  const zeros = flags.includes("0") && /^-?\d/.test(text);
  if (!zeros) return text.padStart(width);
  const sign = text.startsWith("-") ? "-" : "";
  return sign + text.slice(sign.length).padStart(width - sign.length, "0");
}
