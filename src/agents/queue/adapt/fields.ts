import { asFlag, asList, asNumber, asText, type Data, isData } from "./convert.ts";
import { durationText, readDuration, type Span } from "./durations.ts";
import type { Report } from "./report.ts";

/**
 * An object of the peer's file, read as the peer reads it: names in any letter case, values converted weakly, what
 * nobody asks for ignored. What cannot be converted is a mistake, named by its place, and counts as absent.
 */
export class Fields {
  readonly given: Data;
  /** Its place in the document, such as `$.async_agent[0].consumer`. */
  readonly at: string;
  readonly report: Report;
  readonly #origins: ReadonlyMap<string, string>;

  /** @param origins places of values that do not stand in the document, by key */
  constructor(given: Data, at: string, report: Report, origins: ReadonlyMap<string, string> = new Map()) {
    this.given = given;
    this.at = at;
    this.report = report;
    this.#origins = origins;
  }

  /** The name as it was written: exactly, or else in other letters. */
  key(name: string): string | undefined {
    if (present(this.given[name]) && Object.hasOwn(this.given, name)) return name;
    const wanted = name.toLowerCase();
    return Object.keys(this.given).find((key) => key.toLowerCase() === wanted && present(this.given[key]));
  }

  get(name: string): unknown {
    const key = this.key(name);
    return key === undefined ? undefined : this.given[key];
  }

  has(name: string): boolean {
    return this.key(name) !== undefined;
  }

  /** Where a value stands, or where it is missing. */
  place(name: string): string {
    const key = this.key(name);
    if (key === undefined) return this.at;
    return this.#origins.get(key) ?? step(this.at, key);
  }

  note(name: string, message: string): void {
    this.report.note(this.place(name), message);
  }

  wrong(name: string, message: string): void {
    this.report.wrong(this.place(name), message);
  }

  /** Default: the empty text. */
  text(name: string): string {
    return this.#as(name, asText, "a text") ?? "";
  }

  /** Default: 0. */
  number(name: string): number {
    return this.#as(name, asNumber, "a number") ?? 0;
  }

  /** What follows the decimal point is cut off, as Go does; at most what can be counted exactly. Default: 0. */
  whole(name: string): number {
    const whole = Math.trunc(this.number(name));
    return Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, whole));
  }

  /** Default: false. */
  flag(name: string): boolean {
    return this.#as(name, asFlag, "true or false") ?? false;
  }

  texts(name: string): string[] {
    const value = this.get(name);
    if (value === undefined || value === "") return [];
    return asList(value).flatMap((item, i) => {
      const text = asText(item);
      if (text === undefined)
        this.report.wrong(`${this.place(name)}${Array.isArray(value) ? `[${i}]` : ""}`, "is no text");
      return text ?? [];
    });
  }

  /** An object in it; one that is not there is undefined. */
  fields(name: string): Fields | undefined {
    const value = this.#as(name, (each) => (isData(each) ? each : undefined), "an object");
    return value && new Fields(value, this.place(name), this.report);
  }

  /** A list of objects in it; one object stands for a list of it. */
  each(name: string): Fields[] {
    const value = this.get(name);
    if (value === undefined) return [];
    const place = this.place(name);
    return asList(value).flatMap((item, i) => {
      const at = Array.isArray(value) ? `${place}[${i}]` : place;
      if (isData(item)) return new Fields(item, at, this.report);
      this.report.wrong(at, "is no object");
      return [];
    });
  }

  /**
   * A duration in Go's words. A bare number is nanoseconds, which is remarked on; what is no duration, the empty text
   * included, is refused.
   */
  duration(name: string): Span | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    const ms = readDuration(value);
    if (ms === undefined) {
      this.wrong(
        name,
        `${shown(value)} is no duration: write a number and ns, us, ms, s, m or h, as in "1m30s"`,
      );
      return undefined;
    }
    if (typeof value === "number" && value !== 0)
      this.note(
        name,
        `${value} without a unit is nanoseconds, so ${durationText(ms)}; write it with its unit`,
      );
    return { ms, text: durationText(ms, value) };
  }

  #as<T>(name: string, convert: (value: unknown) => T | undefined, wanted: string): T | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    const converted = convert(value);
    if (converted === undefined) this.wrong(name, `${shown(value)} is not ${wanted}`);
    return converted;
  }
}

/** The place of a key; one with dots in it stands in brackets. */
export function step(at: string, key: string): string {
  return /[.[\]"]/.test(key) ? `${at}[${JSON.stringify(key)}]` : `${at}.${key}`;
}

/** What stands inside a list or an object is not repeated: it may be a secret. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (isData(value)) return "an object";
  return typeof value === "number" ? String(value) : String(JSON.stringify(value));
}

function present(value: unknown): boolean {
  return value !== undefined && value !== null;
}
