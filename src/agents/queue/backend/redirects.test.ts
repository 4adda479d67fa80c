import { describe, expect, it } from "vitest";
import { type Log, silent } from "../../../core/log.ts";
import { type Profile, profiles } from "../profile.ts";
import type { Exchange, Incoming, Outgoing } from "./exchange.ts";
import type { Headers } from "./headers.ts";
import { type RedirectMode, redirects } from "./redirects.ts";

const signal = new AbortController().signal;

/** Answers in order, the last one for ever, and remembers what it was asked. */
function backend(...answers: readonly [status: number, location?: string][]) {
  const calls: Outgoing[] = [];
  const exchange: Exchange = async (request) => {
    const [status, location] = answers[Math.min(calls.push(request), answers.length) - 1]!;
    const headers: Headers = location === undefined ? {} : { Location: [location] };
    return { status, headers, body: Buffer.alloc(0) };
  };
  return { calls, exchange };
}

function ask(
  mode: RedirectMode,
  exchange: Exchange,
  more: Partial<Outgoing> = {},
  { log = silent, profile = profiles.krakend }: { log?: Log; profile?: Profile } = {},
) {
  const request = {
    method: "POST",
    url: "http://b0.test/in",
    headers: {},
    body: Buffer.from("event"),
    ...more,
  };
  return redirects(mode, { log, profile })(exchange)(request, signal);
}

const seen = (calls: readonly Outgoing[]) =>
  calls.map(({ method, url, body }) => [method, url, body.toString()]);

describe("redirects", () => {
  it("turn into a GET without the event, and say so once (D26)", async () => {
    const warnings: unknown[] = [];
    const log = { ...silent, warn: (fields: object) => warnings.push(fields) };
    const layer = redirects("follow", { log, profile: profiles.krakend });
    for (let i = 0; i < 2; i++) {
      const { calls, exchange } = backend([302, "/final"], [200]);
      const request = { method: "POST", url: "http://b0.test/r", headers: {}, body: Buffer.from("event") };
      expect((await layer(exchange)(request, signal)).status).toBe(200);
      expect(seen(calls)).toEqual([
        ["POST", "http://b0.test/r", "event"],
        ["GET", "http://b0.test/final", ""],
      ]);
    }
    expect(warnings).toEqual([{ host: "b0.test" }]);
  });

  it.each([
    ["follow", 307],
    ["follow", 308],
    ["none", 302],
    ["body", 304],
    ["body", 300],
  ] as const)("in mode %s leave a %i as it is (D27)", async (mode, status) => {
    const { calls, exchange } = backend([status, "/final"], [200]);
    expect([(await ask(mode, exchange)).status, calls.length]).toEqual([status, 1]);
  });

  it("keep the body in mode body after 307 and 308 (D28), until a hop has dropped it", async () => {
    const { calls, exchange } = backend([307, "/a"], [308, "/b"], [303, "/c"], [307, "/d"], [200]);
    await ask("body", exchange);
    expect(seen(calls).map(([method, , body]) => `${method} ${body}`)).toEqual(
      ["POST event", "POST event", "POST event"].concat(["GET ", "GET "]),
    );
  });

  it("say where they come from (D42)", async () => {
    const { calls, exchange } = backend([301, "/a"], [302, "/b"], [200]);
    await ask("follow", exchange, { method: "GET" });
    expect(calls.map(({ headers }) => headers)).toEqual([
      {},
      { Referer: ["http://b0.test/in"] },
      { Referer: ["http://b0.test/a"] },
    ]);
  });

  it("do not say it to plain HTTP after HTTPS, nor passwords", async () => {
    const down = backend([302, "http://b0.test/"], [200]);
    await ask("follow", down.exchange, { url: "https://b0.test/" });
    expect(down.calls[1]!.headers).toEqual({});
    const secret = backend([302, "/"], [200]);
    await ask("follow", secret.exchange, { url: "http://user:pass@b0.test/x" });
    expect(secret.calls[1]!.headers).toEqual({ Referer: ["http://b0.test/x"] });
  });

  it("drop credentials on the way to another host, for good", async () => {
    const headers = { Authorization: ["t"], Cookie: ["c"], Host: ["h"], "X-A": ["1"] };
    const kept = backend(
      [302, "/a"],
      [302, "http://sub.b0.test/"],
      [302, "http://other.test/"],
      [302, "http://b0.test/"],
      [200],
    );
    await ask("follow", kept.exchange, { headers });
    expect(
      kept.calls.map((call) =>
        Object.keys(call.headers)
          .filter((name) => name !== "Referer")
          .sort(),
      ),
    ).toEqual([
      ["Authorization", "Cookie", "Host", "X-A"],
      ["Authorization", "Cookie", "Host", "X-A"],
      ["Authorization", "Cookie", "X-A"],
      ["X-A"],
      ["X-A"],
    ]);
  });

  it("tell another host no key, but in the peer's way", async () => {
    const request = { url: "http://b0.test/in?key=k", headers: { "X-Api-Key": ["k"], "X-A": ["1"] } };
    const sent = async (profile: Profile) => {
      const { calls, exchange } = backend([307, "http://other.test/"], [200]);
      await ask("body", exchange, request, { profile });
      return calls[1]!.headers;
    };
    expect(await sent(profiles.safe)).toEqual({ "X-A": ["1"] });
    expect(await sent(profiles.krakend)).toEqual({ ...request.headers, Referer: [request.url] });
  });

  it("keep HEAD, resolve what is relative, and need a Location", async () => {
    const { calls, exchange } = backend([302, "../x?y"], [301], [200]);
    const answer: Incoming = await ask("follow", exchange, { method: "HEAD", url: "http://b0.test/a/b/c" });
    expect([answer.status, seen(calls)[1]]).toEqual([301, ["HEAD", "http://b0.test/a/x?y", ""]]);
  });

  it("stop after ten requests", async () => {
    const { calls, exchange } = backend([302, "/again"]);
    await expect(ask("follow", exchange)).rejects.toMatchObject({
      code: "answer_unexpected",
      message: 'Post "/again": stopped after 10 redirects',
    });
    expect(calls).toHaveLength(10);
  });

  it("that lead nowhere are a problem", async () => {
    await expect(ask("follow", backend([302, "http://["]).exchange)).rejects.toThrow(
      "failed to parse Location",
    );
  });
});
