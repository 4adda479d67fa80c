import { printf } from "./printf.ts";
import { printed } from "./values.ts";

const trimmed = (text: string, characters: string, where: string) => {
  const set = characters.replace(/[\]\\^-]/g, "\\$&");
  return text.replace(new RegExp(where.replaceAll("SET", `[${set}]+`), "g"), "");
};

const indented = (width: bigint, text: string) => {
  const pad = " ".repeat(Number(width));
  return pad + text.replaceAll("\n", `\n${pad}`);
};

const quoted = (value: unknown) => JSON.stringify(printed(value));

/** `print`: spaces only between two that are both no text. */
function print(...values: unknown[]): string {
  const spaced = (i: number) => i > 0 && typeof values[i] !== "string" && typeof values[i - 1] !== "string";
  return values.map((value, i) => (spaced(i) ? " " : "") + printed(value, true)).join("");
}

/** Functions on texts, their subject last, so that it can be piped in. */
export const texts = {
  print,
  println: (...values: unknown[]) => `${values.map((value) => printed(value, true)).join(" ")}\n`,
  printf,
  toString: (value: unknown) => printed(value),
  quote: (...values: unknown[]) =>
    values
      .filter((value) => value !== undefined)
      .map(quoted)
      .join(" "),
  squote: (...values: unknown[]) =>
    values
      .filter((value) => value !== undefined)
      .map((value) => `'${printed(value)}'`)
      .join(" "),
  upper: (text: string) => text.toUpperCase(),
  lower: (text: string) => text.toLowerCase(),
  title: (text: string) => text.replace(/(^|\s)\p{Ll}/gu, (start) => start.toUpperCase()),
  untitle: (text: string) => text.replace(/(^|\s)\p{Lu}/gu, (start) => start.toLowerCase()),
  trim: (text: string) => text.trim(),
  trimAll: (characters: string, text: string) => trimmed(text, characters, "^SET|SET$"),
  trimPrefix: (prefix: string, text: string) =>
    prefix && text.startsWith(prefix) ? text.slice(prefix.length) : text,
  trimSuffix: (suffix: string, text: string) =>
    suffix && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text,
  hasPrefix: (prefix: string, text: string) => text.startsWith(prefix),
  hasSuffix: (suffix: string, text: string) => text.endsWith(suffix),
  contains: (part: string, text: string) => text.includes(part),
  replace: (part: string, by: string, text: string) => text.replaceAll(part, () => by),
  repeat: (times: bigint, text: string) => text.repeat(Number(times)),
  nospace: (text: string) => text.replace(/\s+/g, ""),
  substr: (from: bigint, to: bigint, text: string) =>
    text.slice(Math.max(0, Number(from)), to < 0n ? undefined : Number(to)),
  trunc: (width: bigint, text: string) =>
    width < 0n ? text.slice(Number(width)) : text.slice(0, Number(width)),
  indent: indented,
  nindent: (width: bigint, text: string) => `\n${indented(width, text)}`,
  cat: (...values: unknown[]) =>
    values
      .filter((value) => value !== undefined)
      .map((value) => printed(value))
      .join(" "),
  join: (between: string, items: unknown) =>
    (Array.isArray(items) ? items : [items])
      .filter((item) => item !== undefined && item !== null)
      .map((item) => printed(item))
      .join(between),
  split: (between: string, text: string) =>
    Object.fromEntries(text.split(between).map((part, i) => [`_${i}`, part])),
  splitList: (between: string, text: string) => text.split(between),
  toStrings: (items: unknown[]) => items.map((item) => printed(item)),
  b64enc: (text: string) => Buffer.from(text, "utf8").toString("base64"),
  b64dec: (text: string) => Buffer.from(text, "base64").toString("utf8"),
  urlquery: (text: string) => encodeURIComponent(text).replaceAll("%20", "+"),
};
