import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { toBytes } from "./bytes.ts";
import type { Page } from "./rules.ts";

/** A page, ready to be sent. */
export interface ReadyPage {
  readonly page: Page;
  /** `text/plain` or `application/xml`, with a charset where one is configured. */
  readonly type: string;
  readonly body: Buffer;
  readonly gzip: Buffer | undefined;
  readonly brotli: Buffer | undefined;
  readonly etag: string | undefined;
}

export interface PageOptions {
  readonly etag: boolean;
  readonly compress: boolean;
  readonly charset: string | undefined;
}

/** Pages smaller than this, in bytes, are not worth compressing. */
const LEAST = 1_024;

/** Pages by host and path, and by path alone. Always compared exactly. */
export class PageTable {
  readonly #byHost = new Map<string, ReadyPage>();
  readonly #byPath = new Map<string, ReadyPage>();

  /** Makes pages ready; of two with the same path the later one stays. */
  static async of(pages: readonly Page[], options: PageOptions): Promise<PageTable> {
    const table = new PageTable();
    for (const page of pages) {
      const ready = await prepare(page, options);
      if (page.type === "BASIC_HOST") table.#byHost.set(toBytes(page.path), ready);
      else if (page.type === "BASIC") table.#byPath.set(toBytes(page.path), ready);
    }
    return table;
  }

  get size(): number {
    return this.#byHost.size + this.#byPath.size;
  }

  /** Byte texts. */
  find(host: string, uri: string): ReadyPage | undefined {
    if (this.#byHost.size > 0) {
      const found = this.#byHost.get(host + uri);
      if (found) return found;
    }
    return this.#byPath.size > 0 ? this.#byPath.get(uri) : undefined;
  }
}

async function prepare(page: Page, { etag, compress, charset }: PageOptions): Promise<ReadyPage> {
  const body = Buffer.from(page.content, "utf8");
  const squeeze = compress && body.length >= LEAST;
  const type = page.contentType === "XML" ? "application/xml" : "text/plain";
  return {
    page,
    type: charset === undefined ? type : `${type}; charset=${charset}`,
    body,
    gzip: squeeze ? await promisify(gzip)(body) : undefined,
    brotli: squeeze
      ? await promisify(brotliCompress)(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } })
      : undefined,
    etag: etag ? `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"` : undefined,
  };
}
