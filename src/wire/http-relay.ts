import type { ServerResponse } from "node:http";
import type { Dispatcher } from "undici";
import { responseHeaders } from "./proxy-headers.ts";

export interface HttpRelayOptions {
  readonly response: ServerResponse;
  /** Headers that are added to the upstream's. */
  readonly extra: Readonly<Record<string, string>>;
  /** Called when the upstream gave no answer, and the caller still waits for one. */
  readonly failed: (error: Error) => void;
}

/** An upstream's response on its way to a caller of the full server. */
export class HttpRelayed implements Dispatcher.DispatchHandler {
  readonly #options: HttpRelayOptions;
  #controller: Dispatcher.DispatchController | undefined;

  constructor(options: HttpRelayOptions) {
    this.#options = options;
    const { response } = options;
    response.on("close", () => {
      if (!response.writableFinished) this.#controller?.abort(new Error("the caller has gone"));
    });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#options.response.destroyed) controller.abort(new Error("the caller has gone"));
  }

  onResponseStart(
    { rawHeaders }: Dispatcher.DispatchController,
    status: number,
    _headers: unknown,
    phrase = "",
  ): void {
    // Informational answers are about this hop.
    if (status < 200) return;
    const { response, extra } = this.#options;
    response.writeHead(status, phrase, [
      ...responseHeaders(rawHeaders as Buffer[]),
      ...Object.entries(extra).flat(),
    ]);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const { response } = this.#options;
    if (response.write(chunk)) return;
    controller.pause();
    response.once("drain", () => controller.resume());
  }

  onResponseEnd(): void {
    this.#options.response.end();
  }

  onResponseError(_controller: unknown, error: Error): void {
    const { response, failed } = this.#options;
    // Half an answer cannot be taken back; cutting the connection tells the caller that it is only half.
    if (response.headersSent) response.destroy();
    else if (!response.destroyed) failed(error);
  }
}
