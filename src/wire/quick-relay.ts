import type { Socket } from "node:net";
import type { Dispatcher } from "undici";
import { httpDate } from "./http-date.ts";
import { responseHeaders } from "./proxy-headers.ts";

export interface RelayOptions {
  readonly client: Socket;
  readonly method: "GET" | "HEAD";
  /** Whether the client wants to ask more on this connection. */
  readonly keepAlive: boolean;
  /** Called once, when the response is complete; with false where the connection cannot go on. */
  readonly done: (again: boolean) => void;
  /** Called when the upstream gave no answer: may send the request again, or returns the whole response to give. */
  readonly failed: (error: Error) => string | undefined;
}

/** A piece of a body that is shorter than this, in bytes, is copied, because one write is cheaper than two. */
const LONG = 2 ** 14;

/** Others would be cut to one byte for each character, and a line end could be among them. */
const PHRASE = /^[\t\x20-\x7e]*$/;

/** An upstream's response on its way to a socket of the fast lane. */
export class QuickRelayed implements Dispatcher.DispatchHandler {
  readonly #options: RelayOptions;
  #controller: Dispatcher.DispatchController | undefined;
  #begun = false;
  /** What is not written of the response's head yet. */
  #head = "";
  #chunked = false;
  #over = false;

  constructor(options: RelayOptions) {
    this.#options = options;
  }

  /** Gives it up: nobody waits for the response any more. */
  abort(): void {
    this.#over = true;
    this.#controller?.abort(new Error("the caller has gone"));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#over) this.abort();
  }

  onResponseStart(
    { rawHeaders }: Dispatcher.DispatchController,
    status: number,
    _headers: unknown,
    phrase = "",
  ): void {
    // Informational answers are about that hop.
    if (status < 200) return;
    if (!PHRASE.test(phrase)) throw new Error("the status line of its answer is broken");
    const { method, keepAlive } = this.#options;
    const headers = responseHeaders(rawHeaders as Buffer[]);
    const { text, sized, dated } = linesOf(headers);
    this.#begun = true;
    this.#chunked = !sized && method !== "HEAD" && status !== 204 && status !== 304;
    const ours = `${dated ? "" : `date: ${httpDate()}\r\n`}${this.#chunked ? "transfer-encoding: chunked\r\n" : ""}${keepAlive ? "" : "Connection: close\r\n"}`;
    // Head and body that arrive together leave together; a head alone does not wait for its body.
    this.#head = `HTTP/1.1 ${status} ${phrase}\r\n${text}${ours}\r\n`;
    process.nextTick(QuickRelayed.#flush, this);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const { client } = this.#options;
    if (chunk.length < LONG) this.#write(this.#framed(chunk.toString("latin1"), chunk.length));
    else {
      this.#write(this.#chunked ? `${chunk.length.toString(16)}\r\n` : "");
      client.write(chunk);
      if (this.#chunked) client.write("\r\n");
    }
    if (!client.writableNeedDrain) return;
    controller.pause();
    client.once("drain", () => controller.resume());
  }

  onResponseEnd(): void {
    const { done, keepAlive } = this.#options;
    this.#write(this.#chunked ? "0\r\n\r\n" : "");
    this.#over = true;
    // The next request must not begin inside the parser of this response, nor while this one is being dispatched.
    process.nextTick(done, keepAlive);
  }

  #framed(text: string, length: number): string {
    return this.#chunked ? `${length.toString(16)}\r\n${text}\r\n` : text;
  }

  /** Writes what is left of the head, and then the text: one write where two would do the same. */
  #write(text: string): void {
    const all = this.#head + text;
    this.#head = "";
    if (all !== "") this.#options.client.write(all, "latin1");
  }

  static #flush(relayed: QuickRelayed): void {
    relayed.#write("");
  }

  onResponseError(_controller: unknown, error: Error): void {
    if (this.#over) return;
    const { client, done, failed, keepAlive } = this.#options;
    // Half an answer cannot be taken back; cutting the connection tells the caller that it is only half.
    if (this.#begun) return void client.destroy();
    const answer = failed(error);
    if (answer === undefined) return;
    this.#over = true;
    client.write(answer, "latin1");
    process.nextTick(done, keepAlive);
  }
}

/** A flat list of headers as lines; and whether length and date are among them. */
function linesOf(headers: readonly string[]): { text: string; sized: boolean; dated: boolean } {
  let text = "";
  let sized = false;
  let dated = false;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i]!;
    text += `${name}: ${headers[i + 1]}\r\n`;
    if (name.length === 14 && name.toLowerCase() === "content-length") sized = true;
    else if (name.length === 4 && name.toLowerCase() === "date") dated = true;
  }
  return { text, sized, dated };
}
