import { readdirSync, readFileSync } from "node:fs";
import { unlink } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { parse } from "../../config/document.ts";
import { type AgentConfig, loadConfig, refusal } from "../../config/load.ts";
import type { Data } from "../../config/merge.ts";
import type { Places } from "../../config/places.ts";
import type { AgentKind } from "../../core/agent.ts";
import { errnoOf, LinkProblem, type Mistake, messageOf } from "../../core/problems.ts";
import { writeAtomically } from "../../wire/atomic.ts";

/** An agent that was made through the API, as its file has it. */
export interface Managed {
  readonly agent: AgentConfig;
  readonly places: Places;
}

/** A file of the folder that does not count, and why. */
export interface Left {
  readonly name: string;
  readonly file: string;
  readonly message: string;
}

/**
 * Where managed agents are kept: a file for each, of the same form as the configuration, so that it may be moved
 * there as it is. It holds secrets in clear and is its owner's alone. References are not filled in: who may use the
 * API shall not read variables and files with it.
 */
export class ManagedFolder {
  readonly #folder: string;
  readonly #kinds: readonly AgentKind[];

  constructor(folder: string, kinds: readonly AgentKind[]) {
    this.#folder = folder;
    this.#kinds = kinds;
  }

  file(name: string): string {
    return join(this.#folder, `${name}.yaml`);
  }

  /** Every agent of the folder, and what is wrong with those that cannot be used. It never throws. */
  read(): { readonly managed: Map<string, Managed>; readonly left: Left[] } {
    const managed = new Map<string, Managed>();
    const left: Left[] = [];
    for (const name of this.#names(left)) {
      try {
        managed.set(name, this.parsed(name, readFileSync(this.file(name), "utf8")));
      } catch (error) {
        left.push({ name, file: this.file(name), message: messageOf(error) });
      }
    }
    return { managed, left };
  }

  /** The file of an agent, undefined where there is none. */
  text(name: string): string | undefined {
    try {
      return readFileSync(this.file(name), "utf8");
    } catch {
      return undefined;
    }
  }

  /** How an agent is written down. */
  written(name: string, given: Data): string {
    return stringify({ agents: { [name]: given } }, { lineWidth: 0 });
  }

  /** What a file says. Throws ConfigProblem. */
  parsed(name: string, text: string): Managed {
    const file = this.file(name);
    only(name, parse(text, file, undefined).data, file);
    const { agents, places } = loadConfig([{ file, text }], this.#kinds, undefined);
    return { agent: { ...agents.get(name)!, file }, places };
  }

  /** Writes a file, wholly or not at all; undefined removes it. Throws LinkProblem. */
  async write(name: string, text: string | undefined): Promise<void> {
    const path = this.file(name);
    try {
      if (text === undefined) await unlink(path);
      else await writeAtomically(path, [text]);
    } catch (cause) {
      if (text === undefined && errnoOf(cause) === "ENOENT") return;
      throw new LinkProblem("state_unwritable", `cannot write ${path}: ${messageOf(cause)}`, { cause });
    }
  }

  #names(left: Left[]): string[] {
    try {
      const files = readdirSync(this.#folder).filter((file) => /^[^.].*\.yaml$/.test(file));
      return files.map((file) => file.replace(/\.yaml$/, "")).sort();
    } catch (error) {
      if (errnoOf(error) !== "ENOENT") {
        left.push({ name: "", file: this.#folder, message: messageOf(error) });
      }
      return [];
    }
  }
}

/** A file is one agent of its own name, and nothing else. Throws ConfigProblem. */
function only(name: string, data: unknown, file: string): void {
  const { agents, ...rest } = data as Data;
  const names = agents !== null && typeof agents === "object" ? Object.keys(agents) : [];
  const keys = Object.keys(rest);
  if (keys.length === 0 && names.length === 1 && names[0] === name) return;
  const message = `expected \`agents: { ${name}: … }\` alone, as the file is called`;
  throw refusal([{ at: `${file}:1:1`, message } satisfies Mistake]);
}
