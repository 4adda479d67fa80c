import { createHash } from "node:crypto";
import { copyFile, readFile, rename } from "node:fs/promises";
import { errnoOf, LinkProblem, messageOf, RejectedProblem } from "../../core/problems.ts";
import type { Revision } from "../../core/revision.ts";
import { writeAtomically } from "../../wire/atomic.ts";
import { readDump } from "./dump.ts";
import type { DataSet } from "./model.ts";

export interface BackupOptions {
  readonly path: string;
  /** How many older generations are kept, as `path.1`, `path.2` … */
  readonly keep: number;
  /** Whose data it is. */
  readonly agent: string;
}

/**
 * A dump with a header in front, which may be posted to any agent, the peer included. It holds secrets, so nobody but
 * its owner may read it. Older generations stand beside it; one that is torn is passed over.
 */
export class Backup {
  readonly #options: BackupOptions;

  constructor(options: BackupOptions) {
    this.#options = options;
  }

  /** The newest generation that is whole; undefined if there is none. */
  async load(): Promise<Revision<DataSet> | undefined> {
    const { path, keep } = this.#options;
    for (let generation = 0; generation <= keep; generation++) {
      const found = await read(generationOf(path, generation));
      if (found) return found;
    }
    return undefined;
  }

  /** Throws LinkProblem `state_unwritable`. */
  async save({ data, version }: Revision<DataSet>): Promise<void> {
    const { path, agent } = this.#options;
    const items = JSON.stringify(data.environments);
    const header = {
      format: 1,
      savedAt: new Date().toISOString(),
      agentId: agent,
      version,
      sha256: sha256(items),
      eventType: "rp_full",
    };
    try {
      await this.#rotate();
      await writeAtomically(path, [JSON.stringify(header).slice(0, -1), ',"items":', items, "}\n"]);
    } catch (error) {
      const message = `cannot write the backup ${path}: ${messageOf(error)}`;
      throw new LinkProblem("state_unwritable", message, { cause: error });
    }
  }

  async #rotate(): Promise<void> {
    const { path, keep } = this.#options;
    const absent = (error: unknown) => {
      if (errnoOf(error) !== "ENOENT") throw error;
    };
    for (let generation = keep - 1; generation >= 1; generation--)
      await rename(generationOf(path, generation), generationOf(path, generation + 1)).catch(absent);
    // Copied, so that there is one at the path at every moment.
    if (keep > 0) await copyFile(path, generationOf(path, 1)).catch(absent);
  }
}

async function read(path: string): Promise<Revision<DataSet> | undefined> {
  try {
    const text = await readFile(path, "utf8");
    const at = text.indexOf(',"items":') + ',"items":'.length;
    const header = JSON.parse(`${text.slice(0, at - ',"items":'.length)}}`) as Header;
    const items = text.slice(at, text.lastIndexOf("}"));
    if (header.sha256 !== sha256(items)) return undefined;
    const environments = readDump({ items: JSON.parse(items) as unknown });
    return { version: header.version ?? "", data: { environments } };
  } catch (error) {
    // Torn, somebody else's, or not there: the next generation may do.
    if (error instanceof SyntaxError || error instanceof RejectedProblem || errnoOf(error)) return undefined;
    throw error;
  }
}

interface Header {
  readonly sha256?: string;
  readonly version?: string;
}

function generationOf(path: string, generation: number): string {
  return generation === 0 ? path : `${path}.${generation}`;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
