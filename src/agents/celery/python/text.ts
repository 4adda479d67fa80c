import type { Python } from "./value.ts";

/** What Python's `str()` makes of a value: a string is itself, everything else its representation. */
export function strOf(value: Python): string {
  return value.type === "str" ? value.value : reprOf(value);
}

/** What Python's `repr()` makes of a value. */
export function reprOf(value: Python): string {
  switch (value.type) {
    case "none":
      return "None";
    case "ellipsis":
      return "Ellipsis";
    case "bool":
      return value.value ? "True" : "False";
    case "int":
      return value.value.toString();
    case "float":
      return floatText(value.value);
    case "complex":
      return complexText(value.real, value.imaginary);
    case "str":
      return quoted(value.value, escapedText);
    case "bytes":
      return `b${quoted(Buffer.from(value.value).toString("latin1"), escapedByte)}`;
    case "dict":
      return `{${value.entries.map(([key, inner]) => `${reprOf(key)}: ${reprOf(inner)}`).join(", ")}}`;
    default:
      return containerText(value.type, value.items.map(reprOf));
  }
}

function containerText(type: "tuple" | "list" | "set", items: readonly string[]): string {
  if (type === "list") return `[${items.join(", ")}]`;
  if (type === "set") return items.length === 0 ? "set()" : `{${items.join(", ")}}`;
  return items.length === 1 ? `(${items[0]},)` : `(${items.join(", ")})`;
}

/** The shortest digits that read back the same, with an exponent below 1e-4 and from 1e16 on. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const [digits = "", power = "0"] = value.toExponential().split("e");
  const exponent = Number(power);
  if (exponent >= -4 && exponent < 16) {
    const plain = value.toString();
    return plain.includes(".") ? plain : `${plain}.0`;
  }
  const sign = exponent < 0 ? "-" : "+";
  return `${digits}e${sign}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

function complexText(real: number, imaginary: number): string {
  const part = (value: number) => floatText(value).replace(/\.0$/, "");
  if (real === 0 && !Object.is(real, -0)) return `${part(imaginary)}j`;
  const sign = imaginary < 0 || Object.is(imaginary, -0) ? "" : "+";
  return `(${part(real)}${sign}${part(imaginary)}j)`;
}

function quoted(text: string, escaped: (character: string) => string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const inner = text.replace(/[\s\S]/gu, (character) => {
    if (character === quote || character === "\\") return `\\${character}`;
    return escaped(character);
  });
  return `${quote}${inner}${quote}`;
}

const NAMED: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function escapedText(character: string): string {
  // Separators and everything that is no character of its own cannot be printed; a blank can.
  if (character === " " || !/[\p{C}\p{Z}]/u.test(character)) return character;
  return NAMED[character] ?? hex(character.codePointAt(0)!);
}

function escapedByte(character: string): string {
  return NAMED[character] ?? (/[\x20-\x7e]/.test(character) ? character : hex(character.charCodeAt(0)));
}

function hex(code: number): string {
  const digits = code.toString(16);
  if (code <= 0xff) return `\\x${digits.padStart(2, "0")}`;
  return code <= 0xffff ? `\\u${digits.padStart(4, "0")}` : `\\U${digits.padStart(8, "0")}`;
}
