import * as zlib from "node:zlib";
import { messageOf, RejectedProblem } from "../../core/problems.ts";

/** The body of a message, and what was said of it. */
export interface Body {
  readonly body: Buffer;
  readonly contentType: string | undefined;
  /** What it was packed with, as Kombu calls it; undefined for not at all. */
  readonly compression: string | undefined;
}

type Unpack = (body: Buffer) => Buffer;

/** Nothing unpacks to more than this, in bytes. */
const LARGEST = 64 * 2 ** 20;
const limit = { maxOutputLength: LARGEST };

/** Node can do it from 22.15 on; the types are older. */
const { zstdDecompressSync } = zlib as { zstdDecompressSync?: (body: Buffer, how: object) => Buffer };

/** What a body was packed with. Kombu's "gzip" is a zlib stream. Source: leek §3.3. */
const unpack: Readonly<Record<string, Unpack>> = {
  "application/x-gzip": (body) => zlib.inflateSync(body, limit),
  "application/x-brotli": (body) => zlib.brotliDecompressSync(body, limit),
  ...(zstdDecompressSync && { "application/zstd": (body: Buffer) => zstdDecompressSync(body, limit) }),
};

const PACKING =
  "Let whoever publishes pack with Kombu's `zlib` or `brotli`, or not at all, as Celery does by default; `replay` sends again what can be read by then.";
const ZSTD = "Run Outrider with Node 22.15 or newer, which can unpack it, and `replay`; or pack with `zlib`.";
const WRITING =
  "Let whoever publishes write JSON: Celery's setting `event_serializer`, which is `json` by default.";

/** What a body says; a text that nobody said was JSON is itself. Throws RejectedProblem for one that cannot be read. */
export function contentOf(given: Body): unknown {
  const { contentType } = given;
  const plain = unpacked(given);
  if (contentType === "application/json") return parsed(plain);
  if (contentType === undefined || /^application\/(?:data|text)$/.test(contentType)) {
    return plain.toString("latin1");
  }
  const message = `the body is written as "${shown(contentType)}", which cannot be read here`;
  throw new RejectedProblem("item_unreadable", message, { remedy: WRITING });
}

function unpacked({ body, compression }: Body): Buffer {
  if (compression === undefined) return body;
  const how = Object.hasOwn(unpack, compression) ? unpack[compression] : undefined;
  if (!how) {
    const remedy = compression === "application/zstd" ? ZSTD : PACKING;
    const message = `the body is packed with "${shown(compression)}", which cannot be unpacked here`;
    throw new RejectedProblem("item_unreadable", message, { remedy });
  }
  try {
    return how(body);
  } catch (error) {
    const message = `the body says that it is packed with "${shown(compression)}", and is not, or is too large: ${messageOf(error)}`;
    throw new RejectedProblem("item_unreadable", message, { cause: error });
  }
}

function parsed(plain: Buffer): unknown {
  try {
    return JSON.parse(plain.toString("utf8")) as unknown;
  } catch {
    // Not the parser's words, which show the body.
    throw new RejectedProblem("item_unreadable", "the body says that it is JSON, and is not");
  }
}

/** A sender's own word, made harmless. */
function shown(word: string): string {
  return word.slice(0, 80);
}
