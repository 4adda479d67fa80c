import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { z } from "zod";
import type { AgentKind } from "../core/agent.ts";
import { ConfigProblem, type Mistake, messageOf } from "../core/problems.ts";
import { complaints } from "./complain.ts";
import { parse } from "./document.ts";
import type { Env } from "./expand.ts";
import { asMap, type Data, merge } from "./merge.ts";
import { type Path, type Places, pathText } from "./places.ts";
import { agentName, agentSchema, type Head, headSchema, rootJsonSchema } from "./root.ts";
import { hint } from "./suggest.ts";

/** One agent as configured: its kind, and its configuration with defaults and units applied. */
export interface AgentConfig {
  readonly kind: AgentKind;
  readonly required: boolean;
  readonly grace: number | undefined;
  /** As it was written, references filled in. It may hold secrets in clear: never show it. */
  readonly given: Readonly<Data>;
  readonly config: z.output<z.ZodObject>;
  /** Where it is written, as `file:line:column`. */
  readonly at: string;
  /** The file of an agent that was made through the API; undefined for one of the configuration. */
  readonly file?: string;
}

export interface Config extends Head {
  readonly agents: ReadonlyMap<string, AgentConfig>;
  readonly places: Places;
  /** The files it was read from. */
  readonly files: readonly string[];
}

/** Texts of a configuration: one file, or several that are merged. */
export interface Source {
  readonly file: string;
  readonly text: string;
}

/** Reads a file, or every YAML and JSON file of a folder in the order of their names. */
export function readSources(path: string): Source[] {
  try {
    if (!statSync(path).isDirectory()) return [{ file: path, text: readFileSync(path, "utf8") }];
    const names = readdirSync(path).filter((name) => /\.(ya?ml|json)$/.test(name) && !name.startsWith("."));
    return names
      .sort()
      .map((name) => ({ file: join(path, name), text: readFileSync(join(path, name), "utf8") }));
  } catch (error) {
    throw new ConfigProblem(
      "config_unreadable",
      `cannot read the configuration ${path}: ${messageOf(error)}`,
    );
  }
}

/**
 * Parses and validates. Throws one ConfigProblem that names every mistake there is.
 * @param env the variables that references may name; undefined leaves texts as they are
 */
export function loadConfig(
  sources: readonly Source[],
  kinds: readonly AgentKind[],
  env: Env | undefined,
): Config {
  const merged = merge(sources.map(({ text, file }) => parse(text, file, env)));
  const checker = new Checker(kinds, merged.places, merged.data);
  const config = checker.config(sources.map(({ file }) => file));
  // What could not even be read is not complained about a second time because it does not fit.
  const said = new Set(merged.mistakes.map(({ at }) => at));
  const mistakes = [...merged.mistakes, ...checker.mistakes.filter(({ at }) => !said.has(at))];
  if (mistakes.length > 0 || !config) throw refusal(mistakes);
  // What is found out later is told of an agent, or of one of its keys.
  return { ...config, places: config.places.upTo(3) };
}

/** The problem that refuses a configuration, with all mistakes in its message. */
export function refusal(mistakes: readonly Mistake[]): ConfigProblem {
  const ordered = [...mistakes].sort((a, b) => a.at.localeCompare(b.at, "en", { numeric: true }));
  const lines = ordered.map(({ at, message }) => `${at}  ${message}`);
  return new ConfigProblem("config_invalid", lines.join("\n"), { mistakes: ordered });
}

class Checker {
  readonly mistakes: Mistake[] = [];
  readonly #kinds: readonly AgentKind[];
  readonly #places: Places;
  readonly #data: Data;
  #schema: ReturnType<typeof rootJsonSchema> | undefined;

  constructor(kinds: readonly AgentKind[], places: Places, data: Data) {
    this.#kinds = kinds;
    this.#places = places;
    this.#data = data;
  }

  config(files: readonly string[]): Config | undefined {
    const { agents: given, ...rest } = this.#data;
    const head = headSchema.safeParse(rest);
    if (!head.success) this.#complain(head.error.issues);
    const agents = new Map<string, AgentConfig>();
    for (const [name, raw] of Object.entries(asMap(given))) {
      const agent = this.#agent(name, raw);
      if (agent) agents.set(name, agent);
    }
    return head.success ? { ...head.data, agents, places: this.#places, files } : undefined;
  }

  #agent(name: string, raw: unknown): AgentConfig | undefined {
    const path = ["agents", name];
    const named = agentName.safeParse(name);
    if (!named.success)
      this.#say(this.#places.ofKey(path), path, named.error.issues[0]?.message ?? "is no name");
    const kind = this.#kindOf(asMap(raw), path);
    if (!kind) return undefined;
    const parsed = agentSchema(kind).safeParse(raw);
    if (!parsed.success) {
      this.#complain(parsed.error.issues.map((issue) => ({ ...issue, path: [...path, ...issue.path] })));
      return undefined;
    }
    const { kind: _, required, grace, ...config } = parsed.data;
    return {
      kind,
      required: required as boolean,
      grace: grace as number | undefined,
      given: asMap(raw),
      config,
      at: this.#places.ofKey(path),
    };
  }

  #kindOf(raw: Data, path: Path): AgentKind | undefined {
    const known = this.#kinds.map(({ kind }) => kind);
    const kind = this.#kinds.find((each) => each.kind === raw["kind"]);
    if (kind) return kind;
    const given = raw["kind"];
    const here = [...path, "kind"];
    if (given === undefined)
      this.#say(this.#places.ofKey(path), here, `is missing, write one of ${known.join(", ")}`);
    else
      this.#say(this.#places.ofValue(here), here, `there is no kind "${given}"${hint(String(given), known)}`);
    return undefined;
  }

  #complain(issues: readonly z.core.$ZodIssue[]): void {
    // Made only here, and once: it takes longer than all the rest, and most configurations have no mistake.
    this.#schema ??= rootJsonSchema(this.#kinds);
    const about = { data: this.#data, places: this.#places, schema: this.#schema };
    this.mistakes.push(...complaints(issues, about));
  }

  #say(at: string, path: Path, message: string): void {
    this.mistakes.push({ at, message: `${pathText(path)}: ${message}` });
  }
}
