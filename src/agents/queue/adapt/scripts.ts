import { asText, isData } from "./convert.ts";
import { Fields } from "./fields.ts";
import type { Component, Components } from "./names.ts";
import type { Report } from "./report.ts";

/** Checks in CEL; what can never be evaluated is remarked on and left out. Source: krakend-async §5.12. */
export function readCel(components: Components): Record<string, unknown> {
  const found = components.find("validation/cel");
  return found ? celOf(found, components) : {};
}

function celOf({ value, at }: Component, { report }: Components): Record<string, unknown> {
  if (!Array.isArray(value)) {
    report.note(at, 'is no list of `{ "check_expr": … }`, so it is left out, as KrakenD does');
    return {};
  }
  const texts = value.map((entry, i) => checkIn(entry, `${at}[${i}]`, report));
  const bad = texts.indexOf(undefined);
  if (bad >= 0) {
    report.note(
      `${at}[${bad}]`,
      'is no `{ "check_expr": … }`, so all checks here are left out, as KrakenD does',
    );
    return {};
  }
  const cel = texts.flatMap((text = "", i) => {
    const here = `${at}[${i}]`;
    const asks = text.includes("req");
    const answers = text.includes("resp");
    if (!asks && !answers)
      report.note(
        here,
        "has neither `req` nor `resp` in it, so KrakenD never evaluates it, and neither do we",
      );
    if (asks && answers)
      report.note(
        here,
        "has both `req` and `resp` in it, so it is evaluated before and after the call, and what is missing then fails it; names of fields count too. In profile `safe` only variables count",
      );
    return text === "" ? [] : [text];
  });
  return cel.length > 0 ? { cel } : {};
}

/** The text of an entry, as Go reads JSON into a struct; undefined for what it cannot read. */
function checkIn(entry: unknown, at: string, report: Report): string | undefined {
  if (entry === null) return "";
  if (!isData(entry)) return undefined;
  const text = new Fields(entry, at, report).get("check_expr") ?? "";
  return typeof text === "string" ? text : undefined;
}

/** A Lua script. Source: krakend-async §5.21. */
export function readLua(given: Fields | undefined): Record<string, unknown> {
  if (!given) return {};
  const sources = given.texts("sources");
  const pre = given.text("pre");
  const post = given.text("post");
  const md5 = given.fields("md5")?.given ?? {};
  const sums = Object.fromEntries(Object.entries(md5).map(([file, sum]) => [file, asText(sum) ?? ""]));
  const lua = {
    ...(sources.length > 0 && { sources }),
    ...(pre !== "" && { pre }),
    ...(post !== "" && { post }),
    ...(Object.keys(sums).length > 0 && { md5: sums }),
    ...(given.flag("live") && { live: true }),
    ...(given.flag("allow_open_libs") && { libraries: true }),
    ...(given.flag("skip_next") && { skip: true }),
  };
  return Object.keys(lua).length > 0 ? { lua } : {};
}
