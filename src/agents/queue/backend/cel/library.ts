import { Environment, EvaluationError } from "@marcbachmann/cel-js";
import { RE2JS } from "re2js";
import { Failure } from "../json.ts";
import { bounded, doubleOf, doubleText, intOf, intOfDouble } from "./numbers.ts";
import { getters, isSpan, moment, momentText, type Span, spanGetters, spanText, zoned } from "./times.ts";
import { ours } from "./words.ts";

const TIME = "google.protobuf.Timestamp";
const SPAN = "google.protobuf.Duration";

/** The library's own functions, for the values that only it can make. */
const plain = new Environment({ unlistedVariablesAreDyn: true });
const spanOf = plain.parse("duration(text)");

/**
 * CEL's standard definitions where the library has other ones, by what it would have to say instead: texts are read as
 * strictly as Go does, patterns are RE2, times know RFC 3339 and zones. `ours` are asked in their place.
 * Source: the language definition of CEL, list of standard definitions.
 */
const signatures: Readonly<Record<string, (value: never, other: never) => unknown>> = {
  "int(int): int": (value: bigint) => value,
  "int(uint): int": (value: { valueOf(): bigint }) => bounded(value.valueOf()),
  "int(double): int": intOfDouble,
  "int(string): int": intOf,
  [`int(${TIME}): int`]: (date: Date) => BigInt(Math.floor(date.getTime() / 1_000)),
  [`int(${SPAN}): int`]: ({ seconds, nanos }: Span) => seconds * 1_000_000_000n + BigInt(nanos),
  "double(double): double": (value: number) => value,
  "double(int): double": Number,
  "double(uint): double": Number,
  "double(string): double": doubleOf,
  "string(string): string": (value: string) => value,
  "string(bool): string": String,
  "string(int): string": String,
  "string(uint): string": String,
  "string(double): string": doubleText,
  "string(bytes): string": textOfBytes,
  [`string(${TIME}): string`]: momentText,
  [`string(${SPAN}): string`]: spanText,
  "bool(bool): bool": (value: boolean) => value,
  "bool(string): bool": boolOf,
  [`timestamp(${TIME}): ${TIME}`]: (date: Date) => date,
  [`timestamp(string): ${TIME}`]: moment,
  [`timestamp(int): ${TIME}`]: (seconds: bigint) => new Date(Number(seconds) * 1_000),
  [`duration(${SPAN}): ${SPAN}`]: (span: Span) => span,
  [`duration(string): ${SPAN}`]: span,
  [`duration(int): ${SPAN}`]: (nanos: bigint) => span(`${nanos}ns`),
  "matches(string, string): bool": matches,
  "string.matches(string): bool": matches,
};

/** Names of the functions that are led to ours. */
export const replaced: ReadonlySet<string> = new Set([
  ...Object.keys(signatures).map((signature) => /(\w+)\(/.exec(signature)![1]!),
  ...Object.keys(getters),
  "has",
]);

/** Functions of the library that are none of CEL's standard definitions: the peer knows none of them. */
const EXTRA = [
  ...["lowerAscii", "upperAscii", "trim", "split", "substring", "indexOf", "lastIndexOf", "join"],
  ...["hex", "json", "at", "bind", "of", "none", "value", "or", "orValue", "hasValue"],
];

/** The same, and those that shall lead nowhere where nothing but the standard is known. */
export const standard: ReadonlySet<string> = new Set([...replaced, ...EXTRA]);

/** CEL with its standard definitions; the variables by name with their types. */
export function environment(variables: Readonly<Record<string, string>>): Environment {
  const made = library.clone();
  for (const [name, type] of Object.entries(variables)) made.registerVariable(name, type);
  return made;
}

const library = new Environment({ homogeneousAggregateLiterals: false });
// One knows whether it is there, and nothing else of it.
library.registerType("outrider.Failure", { ctor: Failure, fields: {} });
for (const [signature, handler] of Object.entries(signatures)) register(signature, handler);
for (const [name, get] of Object.entries(getters)) {
  register(`${TIME}.${name}(): int`, (date: Date) => BigInt(get(date)));
  register(`${TIME}.${name}(string): int`, (date: Date, zone: string) => BigInt(get(zoned(date, zone))));
}
for (const [name, get] of Object.entries(spanGetters)) register(`${SPAN}.${name}(): int`, get);
library.registerFunction(`${ours("has")}(ast): bool`, has);

function register(signature: string, handler: (value: never, other: never) => unknown): void {
  library.registerFunction(
    signature.replace(/(\w+)\(/, (_, name: string) => `${ours(name)}(`),
    handler,
  );
}

interface Select {
  readonly op: string;
  readonly args: readonly [unknown, string];
}

/** `has(a.b[0].c)`: the library's wants nothing but names and dots. */
function has({ args: [field] }: { readonly args: readonly [Select] }) {
  if (field.op !== ".") throw new EvaluationError("has() asks for a field, such as has(a.b)");
  const [object, key] = field.args;
  return {
    typeCheck(checker: Checker, _macro: unknown, context: unknown): unknown {
      checker.check(object, context);
      return checker.getType("bool");
    },
    evaluate(evaluator: Evaluator, _macro: unknown, context: unknown): boolean {
      return hasField(evaluator.run(object, context), key);
    },
  };
}

interface Checker {
  check(node: unknown, context: unknown): unknown;
  getType(name: string): unknown;
}

interface Evaluator {
  run(node: unknown, context: unknown): unknown;
}

function hasField(object: unknown, key: string): boolean {
  if (object instanceof Map) return object.has(key);
  const isPlain =
    typeof object === "object" && object !== null && Object.getPrototypeOf(object) === Object.prototype;
  if (isPlain) return Object.hasOwn(object, key);
  throw new EvaluationError(`has() of .${key} on what has no fields`);
}

function span(text: string): unknown {
  if (isSpan(text)) return spanOf({ text: /^[+-]?0$/.test(text) ? "0s" : text.replace("μ", "µ") });
  throw new EvaluationError(`duration() of "${text}"`);
}

/** Source: `strconv.ParseBool` of Go. */
function boolOf(text: string): boolean {
  if (/^(?:1|t|T|true|TRUE|True)$/.test(text)) return true;
  if (/^(?:0|f|F|false|FALSE|False)$/.test(text)) return false;
  throw new EvaluationError(`bool() of "${text}"`);
}

function textOfBytes(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new EvaluationError("string() of bytes that are no UTF-8");
  }
}

/** Patterns may come from data, so only so many are kept. */
const MOST_PATTERNS = 200;
const patterns = new Map<string, RE2JS>();

function matches(text: string, pattern: string): boolean {
  let compiled = patterns.get(pattern);
  if (!compiled) {
    compiled = compilePattern(pattern);
    if (patterns.size >= MOST_PATTERNS) patterns.clear();
    patterns.set(pattern, compiled);
  }
  return compiled.matcher(text).find();
}

function compilePattern(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch {
    throw new EvaluationError(`"${pattern}" is no pattern`);
  }
}
