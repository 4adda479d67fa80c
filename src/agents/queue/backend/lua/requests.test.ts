import { createHash } from "node:crypto";
import { unlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { folder } from "../../../../../test/tools/folder.ts";
import { Bench, callOf, configured } from "../../../../../test/tools/layers.ts";
import { ready, text, tidy } from "../../../../../test/tools/lua-layer.ts";
import { lua as schema } from "../../config/layers.ts";
import { profiles } from "../../profile.ts";
import { lua } from "./index.ts";

describe("files", () => {
  const file = async (code: string, name = "lib.lua") => {
    const path = join(await folder(tidy), name);
    writeFileSync(path, code);
    return path;
  };
  const pre = "request.load():body(mine())";

  it("are joined, and run before pre for each event", async () => {
    const sources = [
      await file("n = 0; local m = 4", "a.lua"),
      await file("function mine() n = n + 1; return m .. n end"),
    ];
    const run = await ready({ sources, pre });
    for (let i = 0; i < 2; i++) expect(text((await run()).calls[0])).toBe("41");
  });

  it("are named in messages, with their own lines", async () => {
    const sources = [await file("\n\n", "a.lua"), await file("\nfunction mine()\n  error('bad')\nend")];
    const { answer } = await (await ready({ sources, pre }))();
    expect(answer.problem?.message).toBe("bad (lib.lua:L3)");
  });

  it("are read once, or for each event where they are live", async () => {
    const path = await file("function mine() return 'old' end");
    const once = await ready({ sources: [path], pre });
    const live = await ready({ sources: [path], pre, live: true });
    await live();
    writeFileSync(path, "function mine() return 'new' end");
    expect([text((await once()).calls[0]), text((await live()).calls[0])]).toEqual(["old", "new"]);
    unlinkSync(path);
    expect((await live()).answer.problem).toMatchObject({ name: "LinkProblem", code: "file_missing" });
  });

  it("must have the checksum they should have", async () => {
    const path = await file("function mine() return 'x' end");
    const md5 = createHash("md5").update("function mine() return 'x' end").digest("hex");
    expect(text((await (await ready({ sources: [path], md5: { "lib.lua": md5 }, pre }))()).calls[0])).toBe(
      "x",
    );
    const wrong = { sources: [path], md5: { [path]: "0" }, pre };
    await expect(ready(wrong)).rejects.toMatchObject({ name: "ConfigProblem", code: "config_invalid" });
    const bench = new Bench(profiles.krakend);
    const { answer, calls } = await (await ready(wrong, "backend", bench))();
    expect([answer.problem, text(calls[0])]).toEqual([undefined, '{"msg":"hello"}']);
    expect(bench.logged).toMatchObject([
      { level: "error", message: "A script cannot be used and is left out." },
    ]);
  });

  it("and code must be there and compile, or else nothing starts; the peer fails each event", async () => {
    await expect(ready({ sources: ["/nowhere.lua"] })).rejects.toMatchObject({ code: "config_unreadable" });
    await expect(ready({ pre: "x = = 1" })).rejects.toMatchObject({
      code: "config_invalid",
      message: expect.stringMatching(/unexpected symbol near '=' \(pre-script:L1\)$/),
    });
    const { answer } = await (await ready({ pre: "x = = 1" }, "backend", new Bench(profiles.krakend)))();
    expect(answer.problem).toMatchObject({ code: "item_refused" });
  });
});

describe("the end of an agent", () => {
  it("is no fault of an event whose script waits, or comes too late", async () => {
    const bench = new Bench();
    const layer = lua(configured(schema, { post: "x = 1" }), bench.around, "backend");
    await bench.prepared();
    const next = async () => {
      await bench.close();
      return { data: {}, complete: true, status: 200, headers: {} };
    };
    const answer = await layer(next)(callOf(), bench.life.stop);
    expect(answer.problem).toMatchObject({ name: "LinkProblem" });
  });
});

describe("requests of scripts", () => {
  let server: Server;
  let origin = "";
  const seen: { method: string | undefined; body: string; x: string | string[] | undefined }[] = [];
  beforeAll(async () => {
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        seen.push({
          method: request.method,
          body: Buffer.concat(chunks).toString(),
          x: request.headers["x-a"],
        });
        response.writeHead(201, { "X-Echo": request.url ?? "" });
        response.end(request.url === "/side" ? "side" : request.url);
      });
    });
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    origin = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  it("L15: calls out", async () => {
    const pre = `local r=http_response.new('${origin}/side'); request.load():headers('X-Side', r:body()); r:close()`;
    const { calls } = await (await ready({ pre }))();
    expect(calls[0]?.headers).toEqual({ "X-Side": ["side"] });
  });

  it("sends method, body and headers, and reads all of the reply", async () => {
    seen.length = 0;
    const pre = `local r = http_response.new('${origin}/p', 'POST', 'bödy', {['x-a'] = {'1', '2'}})
      request.load():body(r:statusCode() .. r:headers('x-echo') .. r:headerList('X-Echo'):len())`;
    const { calls } = await (await ready({ pre }))();
    expect(seen).toEqual([{ method: "POST", body: "bödy", x: "1, 2" }]);
    expect(text(calls[0])).toBe("201/p1");
  });

  it("waits inside pcall and inside the coroutines of a script", async () => {
    const pre = `local function get() return http_response.new('${origin}/side'):body() end
      local _, a = pcall(get)
      local b = coroutine.wrap(function() coroutine.yield(get()); end)()
      request.load():body(a .. b)`;
    const { answer, calls } = await (await ready({ pre, libraries: true }))();
    expect(answer.problem).toBeUndefined();
    expect(text(calls[0])).toBe("sideside");
  });

  it("has the verdict of its own when it fails, unless it is caught", async () => {
    const { answer } = await (await ready({ pre: "http_response.new('http://127.0.0.1:1/')" }))();
    expect(answer.problem).toMatchObject({ name: "LinkProblem", code: "connect_failed" });
    const pre = "request.load():body(tostring(pcall(http_response.new, 'http://127.0.0.1:1/')))";
    expect(text((await (await ready({ pre }))()).calls[0])).toBe("false");
    const { answer: wrong } = await (await ready({ pre: "http_response.new('nowhere')" }))();
    expect(wrong.problem).toMatchObject({
      name: "RejectedProblem",
      message: "not a URL: nowhere (pre-script:L1)",
    });
  });

  it("never mixes 1,000 events that wait in turns", async () => {
    const code = `local r = request.load()
      mine = r:headers('X')
      for i = 1, 3 do
        local got = http_response.new('${origin}/' .. mine .. '/' .. i):body()
        assert(got == '/' .. mine .. '/' .. i and mine == r:headers('X'))
        table.seen = (table.seen or '') .. i
      end`;
    // All at once, which no agent does: the last of the 3,000 requests may wait long for its turn.
    const patient = new Bench(profiles.safe, {}, 60_000);
    const post = "assert(table.seen == '123'); response.load():data():set('mine', mine)";
    const run = await ready({ pre: `${code} r:body(mine)`, post, time: "10s" }, "backend", patient);
    const ends = await Promise.all(
      Array.from({ length: 1_000 }, (_, i) => run(callOf({ headers: { X: [String(i)] } }))),
    );
    expect(ends.flatMap(({ answer }) => answer.problem ?? [])).toEqual([]);
    expect(ends.map(({ answer, calls }) => `${answer.data?.["mine"]} ${text(calls[0])}`)).toEqual(
      ends.map((_, i) => `${i} ${i}`),
    );
  });

  it("lets others that wait go on when one is stopped", async () => {
    const pre = `local x = request.load():headers('X')
      local got = http_response.new('${origin}/' .. x):body()
      if x == '3' then while true do end end
      got = got .. http_response.new('${origin}/' .. x):body()
      request.load():body(got)`;
    const run = await ready({ pre, time: "50ms" });
    const ends = await Promise.all([1, 2, 3, 4, 5].map((i) => run(callOf({ headers: { X: [String(i)] } }))));
    expect(ends.map(({ answer }) => answer.problem?.message)).toEqual([
      undefined,
      undefined,
      "a script ran longer than it may",
      undefined,
      undefined,
    ]);
    expect(text(ends[4]?.calls[0])).toBe("/5/5");
  });
});
