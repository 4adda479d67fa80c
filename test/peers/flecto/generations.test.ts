import { describe, expect, it } from "vitest";
import { partIs, partOf, startManaged, startManager, versionOf } from "../../tools/managed-shop.ts";
import { Tidy } from "../../tools/tidy.ts";
import { until } from "../../tools/until.ts";

const tidy = new Tidy();
const rows = Array.from({ length: 250 }, (_, i) => ({
  type: "BASIC",
  source: `/${i}`,
  target: `/to/${i}`,
  status: "FOUND",
}));
const pages = Array.from({ length: 130 }, (_, i) => ({
  type: "BASIC",
  path: `/page/${i}`,
  content: `${i}`,
  contentType: "TEXT_PLAIN",
}));

describe("Managers before v0.2.0: no cursor, no order, 500 for bad tokens", () => {
  it("rows that come in another order each time are all there, as they are asked for at once", async () => {
    const manager = await startManager(tidy, { paging: "offset", redirects: rows, pages });
    const shop = await startManaged(tidy, manager, { page_size: 100 }, { timeout: 10_000 });
    for (let i = 0; i < 250; i++) expect(shop.agent.match("h", `/${i}`)?.location).toBe(`/to/${i}`);
    for (let i = 0; i < 130; i++) expect(shop.agent.page("h", `/page/${i}`)?.content).toBe(`${i}`);
    const lists = manager.seen
      .map(({ path }) => path.split("/").at(-1))
      .filter((path) => path?.includes("?"));
    expect(lists).toEqual([
      "redirects?limit=100&offset=0",
      "redirects?limit=0",
      "pages?limit=100&offset=0",
      "pages?limit=0",
    ]);
  });

  it("a list that fits into one answer is asked for once", async () => {
    const manager = await startManager(tidy, { paging: "offset", redirects: rows });
    await startManaged(tidy, manager, {}, { timeout: 10_000 });
    expect(manager.seen.filter(({ path }) => path.includes("/redirects"))).toHaveLength(1);
  });

  it("a bad token is trouble that may pass: it is tried again, and serving goes on", async () => {
    const manager = await startManager(tidy, { paging: "offset", redirects: rows });
    const shop = await startManaged(tidy, manager, { every: "150ms" }, { timeout: 10_000 });
    manager.state.token = "flecto_another";
    const { problem } = await partIs(shop, "origin", "down", "Internal Server Error");
    expect(problem?.code).toBe("server_failed");
    expect(shop.agent.match("h", "/7")?.location).toBe("/to/7");
    manager.state.token = "flecto_abc";
    await partIs(shop, "origin", "up");
  });

  it("v0.0.1 reads the duration of a load as an integer only", async () => {
    const manager = await startManager(tidy, { paging: "offset" });
    await startManaged(tidy, manager);
    const { raw } = await manager.saw(({ method }) => method === "POST");
    expect(raw).toMatch(/"load_duration":[1-9][0-9]*,/);
  });
});

describe("Managers from v0.2.0 on", () => {
  it("401 is the word of a person's mistake: waited out longer, said loudly, with what to do", async () => {
    const manager = await startManager(tidy, { token: "flecto_another" });
    const shop = await startManaged(tidy, manager, { every: "150ms" });
    const { problem, retryAt } = await partIs(shop, "origin", "down", "401");
    expect(problem).toMatchObject({ code: "credentials_refused", remedy: expect.stringContaining("token") });
    expect(retryAt! - Date.now()).toBeGreaterThan(30_000);
    expect(problem?.message).not.toContain("flecto_abc");
  });

  it("403 without a body, for a token that may not report, leaves the rules served", async () => {
    const manager = await startManager(tidy, { redirects: rows, statuses: { agents: 403 } });
    const shop = await startManaged(tidy, manager, {}, { timeout: 10_000 });
    const { problem } = await partIs(shop, "report", "down", "403");
    expect(problem?.code).toBe("credentials_refused");
    expect(partOf(shop, "origin")?.state).toBe("up");
    expect(shop.agent.match("h", "/7")?.location).toBe("/to/7");
  });

  it("500 for a project that there is not: nothing is served, and it is looked for again", async () => {
    const manager = await startManager(tidy, { statuses: { version: 500 } });
    const shop = await startManaged(tidy, manager, { every: "150ms" });
    await partIs(shop, "origin", "down", "500");
    expect(versionOf(shop)).toBeNull();
    manager.state.statuses = {};
    await until("loaded", () => versionOf(shop) === "1");
  });

  it("waits as long as it is asked to by Retry-After", async () => {
    const manager = await startManager(tidy);
    manager.state.intercept = (_, response) => {
      response.writeHead(503, { "retry-after": "77" }).end();
      return true;
    };
    const shop = await startManaged(tidy, manager, { every: "150ms" });
    const { retryAt } = await partIs(shop, "origin", "down", "503");
    expect(Math.abs(retryAt! - Date.now() - 77_000)).toBeLessThan(10_000);
  });
});

describe("answers that Go's decoder takes", () => {
  it.each([
    [
      "keys in any case",
      '{"items":[{"TYPE":"BASIC","Source":"/a","tarGET":"/b","status":"FOUND"}],"TOTAL":1}',
    ],
    [
      "unknown keys",
      '{"Items":[{"type":"BASIC","source":"/a","target":"/b","x":{"y":[1]}}],"Total":1,"new":true}',
    ],
    [
      "something behind the first value",
      '{"Items":[{"type":"BASIC","source":"/a","target":"/b"}],"Total":1} ]trailing"',
    ],
    ["a missing total", '{"Items":[{"type":"BASIC","source":"/a","target":"/b","status":null}]}'],
    ["blanks and escapes", '\n { "Items" : [ {"type":"BASIC","source":"\\u002fa","target":"\\/b"} ] }\n\n'],
    [
      "brackets in texts",
      '{"Items":[{"type":"BASIC","source":"/a","target":"/b"},{"type":"BASIC","source":"/]}\\"{","target":""}]}]',
    ],
  ])("%s", async (_what, body) => {
    const manager = await startManager(tidy);
    manager.state.intercept = ({ url = "" }, response) => {
      if (!url.includes("/redirects")) return false;
      response.end(body);
      return true;
    };
    const shop = await startManaged(tidy, manager, {}, { timeout: 10_000 });
    expect(shop.agent.match("h", "/a")).toMatchObject({ status: 302, location: "/b" });
  });

  it.each(['{"Items":null,"Total":0}', "{}", '{"Items":[],"Total":null,"Limit":null}'])(
    "%s is a project without rules",
    async (body) => {
      const manager = await startManager(tidy);
      manager.state.intercept = ({ url = "" }, response) => {
        if (!/redirects|pages/.test(url)) return false;
        response.end(body);
        return true;
      };
      const shop = await startManaged(tidy, manager, {}, { timeout: 10_000 });
      expect(versionOf(shop)).toBe("1");
    },
  );
});
