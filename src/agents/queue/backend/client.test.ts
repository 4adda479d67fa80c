import { describe, expect, it } from "vitest";
import { freePort, serveHttp } from "../../../../test/tools/ports.ts";
import { Tidy } from "../../../../test/tools/tidy.ts";
import { Lifetime, Within } from "../../../core/life.ts";
import { HttpClient } from "../../../wire/http-client.ts";
import { httpExchange } from "./client.ts";
import type { Outgoing } from "./exchange.ts";

const tidy = new Tidy();

function exchange(outgoing: Partial<Outgoing> & { url: string }, signal = new AbortController().signal) {
  const client = new HttpClient({ timeout: 0, follow: false, unpack: true });
  tidy.later(() => client.close());
  return httpExchange(client)({ method: "POST", headers: {}, body: Buffer.from("x"), ...outgoing }, signal);
}

describe("httpExchange", () => {
  it("sends what it is given and nothing else, and spells the answer's headers as the peer does", async () => {
    const url = await serveHttp(tidy, (request, response) => {
      response.writeHead(202, { "x-one": "1", "x-two": ["2", "3"] });
      response.end(JSON.stringify(request.rawHeaders));
    });
    const headers = {
      "X-A": ["1", "ü"],
      "Content-Length": ["99"],
      "Transfer-Encoding": ["chunked"],
      Connection: ["close"],
      Host: ["shop.test"],
    };
    const answer = await exchange({ url, headers });
    expect([answer.status, answer.headers["X-One"], answer.headers["X-Two"]]).toEqual([
      202,
      ["1"],
      ["2", "3"],
    ]);
    expect(JSON.parse(answer.body.toString())).toEqual(
      ["host", "shop.test", "connection", "keep-alive", "user-agent", "outrider"].concat([
        "accept-encoding",
        "gzip",
        "X-A",
        "1",
        "X-A",
        "Ã¼",
        "content-length",
        "1",
      ]),
    );
  });

  it("says that the time is over, or that it was told to end", async () => {
    const url = await serveHttp(tidy, () => {});
    const late = new Within(new AbortController().signal, 30);
    await expect(exchange({ url }, late.signal)).rejects.toMatchObject({
      code: "timed_out",
      message: `POST ${url}: context deadline exceeded`,
    });
    const life = new Lifetime();
    life.ringKill("shutdown");
    await expect(exchange({ url }, life.kill)).rejects.toMatchObject({ message: /context canceled/ });
  });

  it("says that nobody is there", async () => {
    const url = `http://127.0.0.1:${await freePort()}/`;
    await expect(exchange({ url })).rejects.toMatchObject({
      code: "connect_failed",
      message: /ECONNREFUSED/,
    });
  });
});
