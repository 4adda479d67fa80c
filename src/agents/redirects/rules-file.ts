import { z } from "zod";
import { complaints } from "../../config/complain.ts";
import { parse } from "../../config/document.ts";
import { jsonSchema } from "../../config/json-schema.ts";
import { RejectedProblem } from "../../core/problems.ts";
import type { FileFormat } from "./file-format.ts";
import { readNetlify } from "./netlify.ts";
import { patternMistake } from "./regex/parse.ts";
import { type Page, type Rule, RuleSet, type Rules, statusOf } from "./rules.ts";
import { readTsv } from "./tsv.ts";

const moment = z
  .union([z.date(), z.string()])
  .transform((given) => new Date(given).getTime())
  .refine((ms) => !Number.isNaN(ms), { error: "expected a date and time, such as 2026-12-24T18:00:00Z" });

const redirect = z
  .strictObject({
    type: z.enum(["BASIC", "BASIC_HOST", "REGEX", "REGEX_HOST"]).optional(),
    source: z.string().min(1),
    target: z.string().default(""),
    status: z.literal([301, 302, 307, 308, 410, 451]).default(301),
    from: moment.optional(),
    until: moment.optional(),
  })
  .superRefine(({ type, source, target, status, from, until }, context) => {
    const wrong = (path: string, message: string) =>
      context.addIssue({ code: "custom", path: [path], message });
    if (target === "" && status < 400) wrong("target", "is missing");
    if (from !== undefined && until !== undefined && from >= until) wrong("until", "is not after `from`");
    const mistake = type?.startsWith("REGEX") ? patternMistake(source) : undefined;
    if (mistake !== undefined) wrong("source", mistake);
  });

const page = z.strictObject({
  type: z.enum(["BASIC", "BASIC_HOST"]).optional(),
  path: z.string().min(1),
  content: z.string(),
  content_type: z.enum(["text/plain", "application/xml"]).default("text/plain"),
});

/** Our own way to write rules down. Without a `type`, what begins with a slash is BASIC, anything else BASIC_HOST. */
export const rulesFile = z.strictObject({
  redirects: z.array(redirect).default([]),
  pages: z.array(page).default([]),
});

/** Reads rules in any format we know. Throws RejectedProblem that names every mistake with its place. */
export function readRules(text: string, file: string, format: FileFormat): Rules {
  switch (format === "auto" ? formatOf(file) : format) {
    case "tsv":
      return { redirects: readTsv(text, file), pages: [] };
    case "netlify":
      return { redirects: readNetlify(text, file, 301), pages: [] };
    case "cloudflare":
      return { redirects: readNetlify(text, file, 302), pages: [] };
    default:
      return readYaml(text, file);
  }
}

function formatOf(file: string): FileFormat {
  if (/\.(?:tsv|csv)$/i.test(file)) return "tsv";
  return /(?:^|\/)_redirects$/.test(file) ? "netlify" : "yaml";
}

function readYaml(text: string, file: string): Rules {
  const { data, places, mistakes } = parse(text, file, undefined);
  const parsed = rulesFile.safeParse(data);
  const all = parsed.success
    ? mistakes
    : [...mistakes, ...complaints(parsed.error.issues, { data, places, schema: jsonSchema(rulesFile) })];
  if (all.length > 0 || !parsed.success) {
    throw new RejectedProblem("data_refused", all.map(({ at, message }) => `${at}  ${message}`).join("\n"));
  }
  return { redirects: RuleSet.of(parsed.data.redirects.map(ruleOf)), pages: parsed.data.pages.map(pageOf) };
}

function ruleOf({ type, source, target, status, from, until }: z.output<typeof redirect>): Rule {
  return {
    type: type ?? (source.startsWith("/") ? "BASIC" : "BASIC_HOST"),
    source,
    target,
    status: statusOf(status),
    code: status,
    window: from === undefined && until === undefined ? undefined : { from, until },
  };
}

function pageOf({ type, path, content, content_type }: z.output<typeof page>): Page {
  return {
    type: type ?? (path.startsWith("/") ? "BASIC" : "BASIC_HOST"),
    path,
    content,
    contentType: content_type === "application/xml" ? "XML" : "TEXT_PLAIN",
  };
}
