import { asText, isData } from "./convert.ts";
import type { Fields } from "./fields.ts";
import type { Given } from "./given.ts";

const ENCODINGS = ["json", "safejson", "string", "xml"];

/** What becomes of the answer of a backend. Source: krakend-async §5.6 to §5.8. */
export function readAnswer({ fields, components, proxy }: Given): Record<string, unknown> {
  const answer = {
    ...readEncoding(fields),
    ...(fields.flag("is_collection") && { collection: true }),
    ...readErrors(components.fields("backend/http")),
    ...readForm(fields, proxy),
  };
  return Object.keys(answer).length > 0 ? { answer } : {};
}

function readEncoding(fields: Fields): Record<string, unknown> {
  const given = fields.text("encoding");
  if (given === "no-op") return { encoding: "no-op" };
  const name = given.toLowerCase();
  // Spelled otherwise, it still checks the status, and drops the body.
  if (name === "no-op") return { encoding: "none" };
  if (name === "" || name === "json") return {};
  if (ENCODINGS.includes(name)) return { encoding: name };
  if (name === "rss") {
    fields.note("encoding", "feeds are read as XML: fields are where the XML has them, under `rss.channel`");
    return { encoding: "xml" };
  }
  if (name !== "fast-json")
    fields.note("encoding", `\`${given}\` is read as json, as KrakenD's open edition does`);
  return {};
}

/** What of a bad status is told. An empty `return_error_details` turns both off. */
function readErrors(http: Fields | undefined): Record<string, unknown> {
  if (!http) return {};
  const details = http.text("return_error_details");
  if (details !== "") return { details };
  return http.flag("return_error_code") && !http.has("return_error_details") ? { told: true } : {};
}

function readForm(fields: Fields, proxy: Fields | undefined): Record<string, unknown> {
  const target = fields.text("target");
  const group = fields.text("group");
  const flatmap = readFlatmap(proxy);
  return {
    ...(target !== "" && { target }),
    ...(flatmap.length > 0 ? withoutFilters(fields) : readFilters(fields)),
    ...(group !== "" && { group }),
    ...(flatmap.length > 0 && { flatmap }),
  };
}

function withoutFilters(fields: Fields): Record<string, unknown> {
  for (const name of ["allow", "deny", "mapping"])
    if (fields.has(name)) fields.note(name, "means nothing beside `flatmap_filter`, and is left out");
  return {};
}

function readFilters(fields: Fields): Record<string, unknown> {
  const allow = fields.texts("allow");
  const deny = fields.texts("deny");
  const mapping = readMapping(fields);
  if (allow.length > 0 && deny.length > 0)
    fields.note("deny", "means nothing beside `allow`, and is left out");
  return {
    ...(allow.length > 0 && { allow }),
    ...(deny.length > 0 && allow.length === 0 && { deny }),
    ...(Object.keys(mapping).length > 0 && { mapping }),
  };
}

function readMapping(fields: Fields): Record<string, string> {
  const given = fields.fields("mapping")?.given ?? {};
  return Object.fromEntries(Object.entries(given).map(([from, to]) => [from, asText(to) ?? ""]));
}

/**
 * Operations of a component `proxy`. An entry that is none is left out, and so is an argument that is no text, as the
 * peer does. Source: krakend-async §5.8, `newFlatmapFormatter` of Lura.
 */
export function readFlatmap(proxy: Fields | undefined): { type: string; args: string[] }[] {
  const given = proxy?.get("flatmap_filter");
  if (!Array.isArray(given)) return [];
  return given
    .filter(isData)
    .flatMap(({ type, args }) => (isText(type) ? [{ type, args: textsIn(args) }] : []));
}

const isText = (value: unknown): value is string => typeof value === "string";
const textsIn = (value: unknown) => (Array.isArray(value) ? value.filter(isText) : []);
