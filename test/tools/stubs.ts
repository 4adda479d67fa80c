import { serveHttp } from "./ports.ts";
import type { Tidy } from "./tidy.ts";

/** What a stub answers to one request. */
export interface StubAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly delay_ms?: number;
}

/** A request as a stub saw it. */
export interface Seen {
  readonly backend: string;
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** A backend that gives its answers in order; the last one repeats. It remembers what it was asked. */
export async function stub(
  tidy: Tidy,
  name: string,
  answers: readonly StubAnswer[],
  seen: Seen[],
): Promise<string> {
  let next = 0;
  return serveHttp(tidy, async (request, response) => {
    const { method = "", url = "", headers } = request;
    const chunks: Buffer[] = [];
    const answer = answers[Math.min(next++, answers.length - 1)]!;
    try {
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    } catch {
      // Who asked has gone.
    }
    seen.push({ backend: name, method, target: url, headers, body: Buffer.concat(chunks).toString("utf8") });
    setTimeout(() => {
      response.writeHead(answer.status, { ...answer.headers });
      response.end(answer.body);
    }, answer.delay_ms ?? 0);
  });
}
