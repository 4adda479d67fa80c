import type { XMLParser } from "fast-xml-parser";
import { onDemand } from "../../../config/on-demand.ts";
import type { Json, JsonObject } from "./json.ts";

/** What the parser gives in order: a tag with what is in it, a text, a piece of CDATA, or a comment. */
type Piece = Readonly<Record<string, unknown>>;

const TEXT = "#text";
const CDATA = "#cdata";
const COMMENT = "#comment";
const ATTRIBUTES = ":@";

const library = onDemand<typeof import("fast-xml-parser")>("fast-xml-parser");

let made: XMLParser | undefined;

function parser(): XMLParser {
  made ??= new (library().XMLParser)(OPTIONS);
  return made;
}

const OPTIONS = {
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: "",
  textNodeName: TEXT,
  cdataPropName: CDATA,
  commentPropName: COMMENT,
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  // Ours knows the five of XML and numbers, and nothing that a document declares: no bombs, nothing from outside.
  processEntities: false,
  maxNestedTags: 500,
};

/**
 * An XML document as an object: the root is its only key, attributes have a hyphen before their name, elements of the
 * same name are a list, text beside attributes or elements is `#text`, an empty element is the empty text. Prefixes of
 * namespaces are dropped. Every value is a text without spaces around it. Of several pieces of text in an element only
 * one is kept, as the peer does: the last one before the first child if there is any, else the last.
 * Throws an Error when there is no document, when it is malformed, in a charset nobody knows, or with an entity that
 * XML itself does not have.
 * Source: krakend-async §5.6; the shape is that of Go's mxj.
 */
export function decodeXml(body: Buffer): JsonObject {
  const text = decoded(body);
  const valid = library().XMLValidator.validate(text);
  if (valid !== true) throw new SyntaxError(`malformed XML: ${valid.err.msg} (line ${valid.err.line})`);
  const root = (parser().parse(text) as Piece[]).find((piece) => !isPlain(tagOf(piece)));
  if (!root) throw new SyntaxError("malformed XML: no element");
  return Object.fromEntries([element(root)]);
}

const DECLARED = /^\s*<\?xml\s[^>]*?encoding\s*=\s*["']([\w.:-]+)["']/;

/** Throws a RangeError for an unknown charset and a TypeError for what is no UTF-8. */
function decoded(body: Buffer): string {
  const charset = DECLARED.exec(body.toString("latin1", 0, 256))?.[1] ?? "utf-8";
  const decoder = new TextDecoder(charset, { fatal: true });
  const text = decoder.decode(body);
  return decoder.encoding === "windows-1252" ? text.replace(/[\x80-\x9f]/g, western) : text;
}

/** What Windows has between 0x80 and 0x9f, where Node 20 goes on as in Latin-1. Source: WHATWG's index of windows-1252. */
const WESTERN = "€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ";
const western = (char: string) => WESTERN[char.charCodeAt(0) - 0x80]!;

const isPlain = (tag: string) => tag === TEXT || tag === CDATA || tag === COMMENT;
const tagOf = (piece: Piece) => Object.keys(piece).find((key) => key !== ATTRIBUTES) ?? COMMENT;

function element(piece: Piece): [name: string, value: Json] {
  const tag = tagOf(piece);
  const entries = new Map<string, Json>();
  for (const [name, value] of Object.entries((piece[ATTRIBUTES] ?? {}) as Record<string, string>)) {
    entries.set(`-${local(name)}`, withEntities(value));
  }
  let before = "";
  for (const inner of piece[tag] as Piece[]) {
    const text = textOf(inner);
    if (text === undefined) add(entries, element(inner));
    else if (text !== "" && entries.size > 0) entries.set(TEXT, text);
    else if (text !== "") before = text;
  }
  if (entries.size === 0) return [local(tag), before];
  if (before !== "") entries.set(TEXT, before);
  return [local(tag), Object.fromEntries(entries)];
}

function add(entries: Map<string, Json>, [name, value]: [string, Json]): void {
  const there = entries.get(name);
  if (Array.isArray(there)) there.push(value);
  else entries.set(name, there === undefined ? value : [there, value]);
}

const NOISE = /^[\t\r\b\n ]+|[\t\r\b\n ]+$/g;

/** @returns undefined for an element */
function textOf(piece: Piece): string | undefined {
  const tag = tagOf(piece);
  if (tag === COMMENT) return "";
  if (tag === TEXT) return withEntities(String(piece[TEXT])).replace(NOISE, "");
  if (tag !== CDATA) return undefined;
  const inner = piece[CDATA] as Piece[];
  return inner
    .map((each) => String(each[TEXT] ?? ""))
    .join("")
    .replace(NOISE, "");
}

function local(name: string): string {
  const colon = name.indexOf(":");
  return colon > 0 && colon < name.length - 1 ? name.slice(colon + 1) : name;
}

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", apos: "'", quot: '"' };

function withEntities(text: string): string {
  return text.replace(/&([^;&\s]*);?/g, (whole, name: string) => {
    const number = /^#(?:x([0-9a-fA-F]+)|(\d+))$/.exec(name);
    const known = number ? codePoint(number) : Object.hasOwn(ENTITIES, name) ? ENTITIES[name] : undefined;
    if (known === undefined || !whole.endsWith(";")) throw new SyntaxError(`malformed XML: entity ${whole}`);
    return known;
  });
}

function codePoint([, hex, decimal]: RegExpExecArray): string | undefined {
  const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}
