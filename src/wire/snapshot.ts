import { createHash } from "node:crypto";
import { readFile, rename } from "node:fs/promises";
import type { Codec } from "../core/agent.ts";
import { errnoOf, LinkProblem, messageOf, RejectedProblem } from "../core/problems.ts";
import type { Revision, Snapshot } from "../core/revision.ts";
import { writeAtomically } from "./atomic.ts";

/** The first line of a snapshot file. */
interface Header {
  readonly outrider: "snapshot";
  readonly format: 1;
  /** Whose snapshot it is; somebody else's is never loaded. */
  readonly owner: string;
  readonly version: string;
}

const oneLine: Codec<unknown> = {
  encode: (data) => [JSON.stringify(data)],
  decode: (lines) => {
    for (const line of lines) return JSON.parse(line);
    throw new Error("it is empty");
  },
};

/**
 * A revision in a file: a header line, the data's lines, and a last line with the checksum of all before.
 * A file that is torn or belongs to somebody else is set aside as `.torn`, with a message, and never loaded.
 */
export class FileSnapshot<D> implements Snapshot<D> {
  readonly #path: string;
  readonly #owner: string;
  readonly #codec: Codec<D>;

  constructor(path: string, owner: string, codec: Codec<D> = oneLine as Codec<D>) {
    this.#path = path;
    this.#owner = owner;
    this.#codec = codec;
  }

  async load(): Promise<Revision<D> | undefined> {
    const bytes = await this.#read();
    if (!bytes) return undefined;
    try {
      return this.#decode(bytes);
    } catch (error) {
      const aside = `${this.#path}.torn`;
      await rename(this.#path, aside);
      throw new RejectedProblem(
        "snapshot_torn",
        `${this.#path} was set aside as ${aside}: ${messageOf(error)}`,
      );
    }
  }

  async save(revision: Revision<D>): Promise<void> {
    const header: Header = { outrider: "snapshot", format: 1, owner: this.#owner, version: revision.version };
    const hash = createHash("sha256");
    const codec = this.#codec;
    function* lines() {
      yield `${JSON.stringify(header)}\n`;
      for (const line of codec.encode(revision.data)) yield `${line}\n`;
    }
    try {
      await writeAtomically(this.#path, sealed(lines(), hash));
    } catch (error) {
      throw new LinkProblem("state_unwritable", `cannot save ${this.#path}: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }

  async #read(): Promise<Buffer | undefined> {
    try {
      return await readFile(this.#path);
    } catch (error) {
      if (errnoOf(error) === "ENOENT") return undefined;
      throw new LinkProblem("file_missing", `cannot read ${this.#path}: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }

  #decode(bytes: Buffer): Revision<D> {
    const end = bytes.length === 0 ? -1 : bytes.lastIndexOf(0x0a, bytes.length - 2);
    if (end < 0) throw new Error("it is cut");
    const seal = JSON.parse(bytes.toString("utf8", end + 1)) as { sha256?: string };
    const body = bytes.subarray(0, end + 1);
    if (seal.sha256 !== createHash("sha256").update(body).digest("hex"))
      throw new Error("its checksum is wrong");
    const lines = linesOf(body);
    const header = JSON.parse(lines.next().value ?? "{}") as Header;
    if (header.outrider !== "snapshot" || header.format !== 1)
      throw new Error("it is not a snapshot of ours");
    if (header.owner !== this.#owner) throw new Error(`it belongs to ${header.owner}`);
    return { version: header.version, data: this.#codec.decode(lines) };
  }
}

/** The lines, and at the end the checksum over them. */
function* sealed(lines: Iterable<string>, hash: ReturnType<typeof createHash>): Iterable<string> {
  for (const line of lines) {
    hash.update(line);
    yield line;
  }
  yield `${JSON.stringify({ sha256: hash.digest("hex") })}\n`;
}

function* linesOf(bytes: Buffer): Generator<string, undefined> {
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(0x0a, start);
    yield bytes.toString("utf8", start, end);
    start = end + 1;
  }
  return undefined;
}

/** For embedding without a state folder: remembers nothing. */
export const nowhere: Snapshot<never> = {
  load: async () => undefined,
  save: async () => {},
};
