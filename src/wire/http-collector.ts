import { promisify } from "node:util";
import { brotliDecompress, inflate, inflateRaw, unzip, type ZlibOptions } from "node:zlib";
import type { Dispatcher } from "undici";
import { onAbort } from "../core/life.ts";
import { errnoOf, LinkProblem } from "../core/problems.ts";

/** A response as it came. Header names are in small letters. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** Gathers the response to one request, whole; undici tells it what happens. */
export class Collector implements Dispatcher.DispatchHandler {
  readonly #resolve: (answer: HttpAnswer) => void;
  readonly #reject: (error: unknown) => void;
  readonly #largest: number;
  readonly #url: string;
  readonly #forget: () => void;
  #controller: Dispatcher.DispatchController | undefined;
  #over = false;
  #status = 0;
  #headers: HttpAnswer["headers"] = {};
  #chunks: Buffer[] = [];
  #size = 0;

  /**
   * @param signal ends it; it must not have rung yet
   * @param largest the most bytes that a body may have
   */
  constructor(
    url: string,
    signal: AbortSignal,
    largest: number,
    resolve: (answer: HttpAnswer) => void,
    reject: (error: unknown) => void,
  ) {
    this.#resolve = resolve;
    this.#reject = reject;
    this.#url = url;
    this.#largest = largest;
    this.#forget = onAbort(signal, () => this.#fail(signal.reason));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#over) controller.abort(new Error("nobody waits for it any more"));
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: HttpAnswer["headers"]): void {
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size > this.#largest) this.#fail(tooLarge(this.#url, this.#largest));
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    if (this.#over) return;
    this.#end();
    const [first, second] = this.#chunks;
    const body = second === undefined ? (first ?? Buffer.alloc(0)) : Buffer.concat(this.#chunks);
    this.#resolve({ status: this.#status, headers: this.#headers, body });
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#fail(error);
  }

  #fail(error: unknown): void {
    if (this.#over) return;
    this.#end();
    this.#chunks = [];
    this.#reject(error);
    this.#controller?.abort(error instanceof Error ? error : new Error("ended"));
  }

  #end(): void {
    this.#over = true;
    this.#forget();
  }
}

function tooLarge(url: string, largest: number): LinkProblem {
  return new LinkProblem("answer_too_large", `${url} sent more than ${largest} bytes`);
}

type Unpack = (body: Buffer, options: ZlibOptions) => Promise<Buffer>;

const unpackers: Readonly<Record<string, Unpack>> = {
  gzip: promisify(unzip),
  "x-gzip": promisify(unzip),
  br: promisify(brotliDecompress),
  // Half of the servers leave the zlib wrapper out, which the first byte tells.
  deflate: (body, options) => promisify((body[0]! & 0x0f) === 8 ? inflate : inflateRaw)(body, options),
};

/** Whether the body is packed in a way that `unpacked` knows. */
export function isPacked({ headers, body }: HttpAnswer): boolean {
  const encoding = headers["content-encoding"];
  return typeof encoding === "string" && body.length > 0 && Object.hasOwn(unpackers, encoding.toLowerCase());
}

/**
 * The answer as it was before the server packed it; Content-Encoding and Content-Length are gone, as in Go.
 * Throws LinkProblem for a body that is broken or becomes too large.
 */
export async function unpacked(answer: HttpAnswer, url: string, largest: number): Promise<HttpAnswer> {
  const { "content-encoding": encoding, "content-length": _, ...headers } = answer.headers;
  try {
    const body = await unpackers[String(encoding).toLowerCase()]!(answer.body, { maxOutputLength: largest });
    return { status: answer.status, headers, body };
  } catch (cause) {
    if (errnoOf(cause) === "ERR_BUFFER_TOO_LARGE") throw tooLarge(url, largest);
    throw new LinkProblem("answer_unexpected", `${url} sent a body that is no ${encoding}`, { cause });
  }
}
