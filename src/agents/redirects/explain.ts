import type { RedirectsAgent } from "./agent.ts";
import { toBytes, toText } from "./bytes.ts";
import type { Decision } from "./decision.ts";
import type { Layer } from "./layer.ts";
import { formsOf } from "./normalise.ts";
import type { RegexRule } from "./regex-index.ts";
import { readTarget } from "./request-uri.ts";

/** So many candidates are shown. */
const MOST = 50;

/** Why a URL is answered as it is: what is compared, which rules are tried in which order, and which one wins. Counts nothing. */
export function explain(agent: RedirectsAgent, url: string): unknown {
  const { host, target } = split(url);
  const given = readTarget(toBytes(target))?.uri;
  if (given === undefined) return { url, answer: "400: the path is malformed" };
  const uri = agent.compared(given);
  const project = agent.projectFor(host);
  if (!project) return { host, uri: toText(uri), answer: "no project is responsible for this host" };
  const forms = [...formsOf(toBytes(host), uri, agent.config)];
  return {
    host,
    uri: toText(uri),
    project: project.origin,
    version: project.version ?? null,
    tried: forms.map((form) => ({
      compared: toText(form.host + form.uri),
      candidates: project.layers.flatMap((layer) => candidates(layer, form.host, form.uri)),
    })),
    answer: answerOf(agent.look(toBytes(host), given)),
  };
}

function split(url: string): { host: string; target: string } {
  const absolute = /^(?:https?:)?\/\/([^/?#]*)([^#]*)/i.exec(url);
  if (!absolute) return { host: "", target: url };
  const rest = absolute[2] ?? "";
  return { host: absolute[1] ?? "", target: rest.startsWith("/") ? rest : `/${rest}` };
}

function candidates(layer: Layer, host: string, uri: string): unknown[] {
  const match = layer.match(host, uri);
  const { host: byHost, path } = layer.matcher.candidates(host, uri);
  const exact =
    match && !layer.rules.types[match.index]?.startsWith("REGEX") ? [layer.rules.at(match.index)] : [];
  return [
    ...exact.map(({ type, source }) => ({ type, source, matches: true })),
    ...[...byHost, ...path].slice(0, MOST).map((rule) => candidate(layer, rule, host, uri)),
  ];
}

function candidate(layer: Layer, { index, pattern, gate }: RegexRule, host: string, uri: string): unknown {
  const type = layer.rules.types[index];
  const text = type === "REGEX_HOST" ? host + uri : uri;
  const matches = pattern.exec(text, /^[\x20-\x7e]*$/.test(text)) !== undefined;
  return { type, source: pattern.source, gate: toText(gate), engine: pattern.engine, matches };
}

function answerOf(decision: Decision | undefined): unknown {
  if (!decision) return "no rule and no page matches";
  if (decision.kind === "page")
    return { status: 200, page: decision.page.page.path, type: decision.page.type };
  const { type, source, target } = decision.layer.rules.at(decision.index);
  const location = decision.kind === "redirect" ? { location: decision.location } : {};
  return { status: decision.code, ...location, rule: { type, source, target } };
}
