import type { AnswerConfig } from "../config/answer.ts";
import { isObject, type Json, type JsonObject, parseJson } from "./json.ts";
import { decodeXml } from "./xml.ts";

/** Turns the body of a good answer into data. Throws an Error that says what is wrong with it. */
export type Decoder = (body: Buffer) => JsonObject | undefined;

/** Source: krakend-async §5.6. @returns undefined where the body is not read */
export function decoder({ encoding, collection }: AnswerConfig): Decoder | undefined {
  switch (encoding) {
    case "json":
      return collection ? list : object;
    case "safejson":
      return anything;
    case "string":
      return (body) => ({ content: body.toString("utf8") });
    case "xml":
      return collection ? (body) => ({ collection: decodeXml(body) }) : decodeXml;
    case "no-op":
    case "none":
      return undefined;
  }
}

function object(body: Buffer): JsonObject | undefined {
  const value = parsed(body);
  if (value === null) return undefined;
  if (!isObject(value)) throw new Error("the answer is no object in JSON");
  return value;
}

function list(body: Buffer): JsonObject {
  const value = parsed(body);
  if (value !== null && !Array.isArray(value)) throw new Error("the answer is no list in JSON");
  return { collection: value };
}

function anything(body: Buffer): JsonObject {
  const value = parsed(body);
  if (Array.isArray(value)) return { collection: value };
  return isObject(value) ? value : { content: value };
}

function parsed(body: Buffer): Json {
  const text = body.toString("utf8");
  // The peer's word for an empty body.
  if (text.trim() === "") throw new Error("EOF: the answer is empty");
  return parseJson(text);
}
