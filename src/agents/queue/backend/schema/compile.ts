import type { Ajv, Options } from "ajv";
import type { Ajv2019 } from "ajv/dist/2019.js";
import type { Ajv2020 } from "ajv/dist/2020.js";
import type formats from "ajv-formats";
import { RE2JS } from "re2js";
import { onDemand } from "../../../../config/on-demand.ts";
import { modern } from "./modern.ts";
import { multipleOf } from "./multiple.ts";

/** @returns what is wrong with a value, or undefined */
export type Check = (value: unknown) => string | undefined;

const libraries = {
  old: onDemand<typeof import("ajv")>("ajv"),
  "2019-09": onDemand<typeof import("ajv/dist/2019.js")>("ajv/dist/2019.js"),
  "2020-12": onDemand<typeof import("ajv/dist/2020.js")>("ajv/dist/2020.js"),
  formats: onDemand<typeof formats>("ajv-formats"),
};

const options: Options = {
  strict: false,
  logger: false,
  // What one schema calls itself must not be known to the next.
  addUsedSchema: false,
  code: { regExp: Object.assign(pattern, { code: "pattern" }) },
};

/**
 * Compiles a JSON Schema of draft 4, 6, 7, 2019-09 or 2020-12, as `$schema` says. Without it, 2020-12 if it uses
 * `prefixItems`, else 2019-09, in which the older drafts go on working. Formats are checked, unknown ones are not.
 * Nothing is ever fetched: a `$ref` to somewhere else throws, as all does that makes no schema.
 */
export function compileSchema(schema: unknown): Check {
  if (typeof schema !== "boolean" && !isRecord(schema)) throw new TypeError("a schema is an object");
  const { $schema: declared, ...rest } = typeof schema === "boolean" ? {} : schema;
  const draft = declared === undefined ? newest(rest) : draftOf(declared);
  const ajv = made(draft);
  ajv.removeKeyword("multipleOf").addKeyword(multipleOf);
  libraries.formats().default(ajv as Ajv);
  // The schema of schemas wants patterns to be of this format.
  ajv.addFormat("regex", isPattern);
  const validate = ajv.compile(
    typeof schema === "boolean" ? schema : (modern(rest, draft === "04") as object),
  );
  return (value) => {
    return validate(value) ? undefined : ajv.errorsText(validate.errors, { dataVar: "body" });
  };
}

type Draft = "04" | "06" | "07" | "2019-09" | "2020-12";

function made(draft: Draft): Ajv | Ajv2019 | Ajv2020 {
  if (draft === "2020-12") return new (libraries[draft]().Ajv2020)(options);
  return draft === "2019-09" ? new (libraries[draft]().Ajv2019)(options) : new (libraries.old().Ajv)(options);
}

/** Throws an Error for anything else. */
function draftOf(declared: unknown): Draft {
  const [, draft] =
    /^https?:\/\/json-schema\.org\/(?:draft-|draft\/)(04|06|07|2019-09|2020-12)\/schema#?$/.exec(
      String(declared),
    ) ?? [];
  if (draft === undefined) throw new TypeError(`$schema "${String(declared)}" is no draft that is known`);
  return draft as Draft;
}

const newest = (schema: object): Draft =>
  JSON.stringify(schema).includes('"prefixItems":') ? "2020-12" : "2019-09";

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** RE2 where it can be, which is what the peer has and which no text can hold up; else JavaScript's. */
function pattern(source: string, flags: string): { test(text: string): boolean; toString(): string } {
  try {
    const compiled = RE2JS.compile(source);
    // Ajv tells patterns apart by what they print.
    return { test: (text) => compiled.matcher(text).find(), toString: () => `re2:${source}` };
  } catch {
    return new RegExp(source, flags);
  }
}

function isPattern(source: string): boolean {
  try {
    return pattern(source, "u") !== undefined;
  } catch {
    return false;
  }
}
