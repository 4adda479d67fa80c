import { once } from "node:events";
import { createReadStream } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { describe, expect, test } from "vitest";
import { startApp } from "../../tools/app.ts";
import { startShop } from "../../tools/shop.ts";
import { Tidy } from "../../tools/tidy.ts";
import { until } from "../../tools/until.ts";

const tidy = new Tidy();
const MB = 2 ** 20;
const ALL = 64 * MB;

/** Bytes without end but for the count, as fast as they are taken. */
const zeros = () => createReadStream("/dev/zero", { end: ALL - 1, highWaterMark: MB });

/** What a count comes to rest at. */
async function rests(count: () => number): Promise<number> {
  let before = -1;
  return until(
    "it comes to rest",
    () => {
      const now = count();
      const same = now > 0 && now === before;
      before = now;
      return same && now;
    },
    { every: 300 },
  );
}

/** Counts what comes. */
async function drained(stream: IncomingMessage): Promise<number> {
  let bytes = 0;
  for await (const chunk of stream) bytes += (chunk as Buffer).length;
  return bytes;
}

describe("nothing is gathered for somebody who does not take it", () => {
  test("an answer waits at the application until the visitor reads", async () => {
    let sent = 0;
    const app = await startApp(tidy, (_, response) => {
      const source = zeros().on("data", (chunk) => {
        sent += chunk.length;
      });
      source.pipe(response);
    });
    const { port } = await startShop(tidy, { upstream: app.url }, { rules: { redirects: [] } });
    const asking = request({ port, path: "/", agent: false }).end();
    const [answer] = (await once(asking, "response")) as [IncomingMessage];
    // The kernel holds a few megabytes for each connection.
    expect(await rests(() => sent)).toBeLessThan(ALL / 2);
    expect(await drained(answer)).toBe(ALL);
  });

  test("a body waits at the visitor until the application reads", async () => {
    const app = await startApp(tidy);
    app.server.removeAllListeners("request");
    const { port } = await startShop(tidy, { upstream: app.url }, { rules: { redirects: [] } });
    const reached = once(app.server, "request");
    const asking = request({ port, path: "/", method: "POST", agent: false });
    let sent = 0;
    zeros()
      .on("data", (chunk) => {
        sent += chunk.length;
      })
      .pipe(asking);
    const [asked, response] = (await reached) as [IncomingMessage, { end(text: string): void }];
    expect(await rests(() => sent)).toBeLessThan(ALL / 2);
    const taken = await drained(asked);
    response.end("taken");
    const [answer] = (await once(asking, "response")) as [IncomingMessage];
    expect([taken, await drained(answer)]).toEqual([ALL, "taken".length]);
  });
});
