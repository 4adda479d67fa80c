import { z } from "zod";
import type { Path } from "./places.ts";

/** A piece of JSON Schema, as far as we look into it. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly minimum?: number;
  readonly maximum?: number;
}

/** The JSON Schema of what a person writes: before defaults and units are applied. */
export function jsonSchema(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: "input", unrepresentable: "any", reused: "inline" }) as JsonSchema;
}

/** The keys that a schema knows at a path. Where it branches, the branch whose constants fit the data counts. */
export function keysAt(schema: JsonSchema, path: Path, data: unknown): string[] {
  let schemas = branches(schema, data);
  let value = data;
  for (const step of path) {
    value = (value as Record<string | number, unknown> | undefined)?.[step];
    schemas = schemas.flatMap((each) => inside(each, step)).flatMap((each) => branches(each, value));
  }
  return [...new Set(schemas.flatMap((each) => Object.keys(each.properties ?? {})))];
}

/** What a schema says of a piece of the data: every branch that may be meant. */
export function within(schema: JsonSchema, step: string | number, data: unknown): JsonSchema[] {
  const value = (data as Record<string | number, unknown> | null | undefined)?.[step];
  return branches(schema, data)
    .flatMap((each) => inside(each, step))
    .flatMap((each) => branches(each, value));
}

function inside(schema: JsonSchema, step: string | number): JsonSchema[] {
  if (typeof step === "number") return schema.items ? [schema.items] : [];
  const property = schema.properties?.[step];
  if (property) return [property];
  return typeof schema.additionalProperties === "object" ? [schema.additionalProperties] : [];
}

function branches(schema: JsonSchema, data: unknown): JsonSchema[] {
  if (schema.allOf) return schema.allOf.flatMap((each) => branches(each, data));
  const inner = schema.oneOf ?? schema.anyOf;
  if (!inner) return [schema];
  const fitting = inner.filter((branch) => constantsFit(branch, data));
  return fitting.flatMap((branch) => branches(branch, data));
}

function constantsFit(schema: JsonSchema, data: unknown): boolean {
  const value = (data ?? {}) as Record<string, unknown>;
  return Object.entries(schema.properties ?? {}).every(
    ([name, property]) => property.const === undefined || property.const === value[name],
  );
}
