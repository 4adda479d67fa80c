import { renameSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { actions as redirectsActions } from "../../../src/agents/redirects/actions.ts";
import { ask, sentTo } from "../../tools/ask.ts";
import { folder } from "../../tools/folder.ts";
import { partIs, startManaged, startManager } from "../../tools/managed-shop.ts";
import { startShop } from "../../tools/shop.ts";
import { Tidy } from "../../tools/tidy.ts";
import { until } from "../../tools/until.ts";

const tidy = new Tidy();
let place: string;

beforeEach(async () => {
  place = await folder(tidy);
});

/** Writes a file of this test. @returns its path */
function written(name: string, text: string | object): string {
  const path = join(place, name);
  writeFileSync(path, typeof text === "string" ? text : JSON.stringify(text));
  return path;
}

const toward = (target: string) => ({ redirects: [{ source: "/a", target }] });
const leadsTo = (port: number, sent: string) => until(sent, async () => (await sentTo(port, "/a")) === sent);

describe("`from: { file: … }` is watched", () => {
  it("written in place, replaced, removed and made anew: each time the last good rules are served", async () => {
    const file = written("rules.yaml", toward("/one"));
    const shop = await startShop(tidy, { from: { file } });
    expect(await sentTo(shop.port, "/a")).toBe("301 /one");
    written("rules.yaml", toward("/two"));
    await leadsTo(shop.port, "301 /two");
    renameSync(written("next.yaml", toward("/three")), file);
    await leadsTo(shop.port, "301 /three");
    unlinkSync(file);
    const gone = await partIs(shop, "origin", "down", "rules.yaml");
    expect(gone.problem).toMatchObject({
      code: "file_missing",
      remedy: expect.stringContaining("Create it"),
    });
    expect(await sentTo(shop.port, "/a")).toBe("301 /three");
    written("rules.yaml", toward("/four"));
    await leadsTo(shop.port, "301 /four");
    await partIs(shop, "origin", "up");
  });

  it("with a mistake it is refused with the place, and what was served goes on", async () => {
    const shop = await startShop(tidy, { from: { file: written("rules.yaml", toward("/one")) } });
    written("rules.yaml", "redirects:\n  - { source: /a }\n  - { source: /b, target: /c, status: 999 }\n");
    const { problem } = await partIs(shop, "revision", "down", "rules.yaml:2:5");
    expect(problem?.message).toContain("rules.yaml:3:");
    expect(problem?.remedy).toContain("Mend the data at its origin");
    expect(shop.lines).toContainEqual(expect.objectContaining({ level: "error", reason: problem?.message }));
    expect(await sentTo(shop.port, "/a")).toBe("301 /one");
    written("rules.yaml", toward("/mended"));
    await leadsTo(shop.port, "301 /mended");
    await partIs(shop, "revision", "up");
  });
});

describe("files of others are taken as they are", () => {
  it("`_redirects` of Netlify", async () => {
    const file = written("_redirects", "/a /b\n/blog/* /articles/:splat 302\n");
    const { port } = await startShop(tidy, { from: { file } });
    expect(await sentTo(port, "/a")).toBe("301 /b");
    expect(await sentTo(port, "/blog/x/y")).toBe("302 /articles/x/y");
  });

  it("`_redirects` of Cloudflare Pages, where a line without a status means 302", async () => {
    const file = { path: written("_redirects", "/a /b\n"), format: "cloudflare" as const };
    const { port } = await startShop(tidy, { from: { file } });
    expect(await sentTo(port, "/a")).toBe("302 /b");
  });

  it.each(["export.tsv", "export.csv"])(
    "%s of a Flecto Manager; and ours can be imported there",
    async (name) => {
      const text =
        "type\tsource\ttarget\tstatus\nBASIC\t/a\t/b\tFOUND\nREGEX\t^/(x+)$\t/$1\tMOVED_PERMANENT\n";
      const shop = await startShop(tidy, { from: { file: written(name, text) } });
      expect(await sentTo(shop.port, "/a")).toBe("302 /b");
      expect(await sentTo(shop.port, "/xx")).toBe("301 /xx");
    },
  );

  it("an export of a live project is served again as it was", async () => {
    const redirects = [
      { type: "BASIC_HOST", source: "example.com/a", target: "https://b/", status: "FOUND" },
    ];
    const live = await startManaged(tidy, await startManager(tidy, { redirects }), {}, { timeout: 10_000 });
    const text = String(await redirectsActions["export"]!.run(live.agent, {}));
    const copy = await startShop(tidy, { from: { file: written("export.tsv", text) } });
    expect(await sentTo(copy.port, "/a")).toBe("302 https://b/");
  });
});

describe("a side file (`extra`) beside a Manager", () => {
  const redirects = ["/a", "/b", "/c"].map((source) => ({
    type: "BASIC",
    source,
    target: "/managed",
    status: "FOUND",
  }));

  async function start(extra: object) {
    const manager = await startManager(tidy, { redirects });
    const config = { extra: written("extra.yaml", extra), cache_control: "max-age=60" };
    return startManaged(tidy, manager, {}, { timeout: 10_000, listen: true, config: config as object });
  }

  it("comes first, says 410 and 451, and may change without the Manager", async () => {
    const shop = await start({
      redirects: [
        { source: "/a", status: 410 },
        { source: "/b", status: 451 },
      ],
    });
    const gone = await ask(shop.port, "/a");
    expect(gone).toMatchObject({ status: 410, body: "410 Gone\n" });
    expect(await ask(shop.port, "/b")).toMatchObject({ status: 451 });
    expect(await ask(shop.port, "/a", { method: "HEAD" })).toMatchObject({ status: 410, body: "" });
    expect(await sentTo(shop.port, "/c")).toBe("302 /managed");
    written("extra.yaml", { redirects: [] });
    await leadsTo(shop.port, "302 /managed");
  });

  it("has rules that begin and end by themselves", async () => {
    const shop = await start({ redirects: [] });
    const now = Date.now();
    const [begin, end] = [now + 4_000, now + 7_000];
    const at = (ms: number) => new Date(ms).toISOString();
    written("extra.yaml", {
      redirects: [
        { source: "/a", target: "/campaign", from: at(begin), until: at(end) },
        { source: "/b", target: "/over", until: at(now - 1_000) },
        { source: "/c", target: "/later", from: at(now + 3_600_000) },
        { source: "/d", target: "/read" },
      ],
    });
    await until("it is read", async () => (await sentTo(shop.port, "/d")) === "301 /read");
    const early: string[] = [];
    await until("it begins", async () => {
      const sent = await sentTo(shop.port, "/a");
      if (Date.now() < begin) early.push(sent);
      return sent === "301 /campaign";
    });
    expect(new Set(early)).toEqual(new Set(["302 /managed"]));
    await leadsTo(shop.port, "302 /managed");
    expect(Date.now()).toBeGreaterThanOrEqual(end);
    expect([await sentTo(shop.port, "/b"), await sentTo(shop.port, "/c")]).toEqual([
      "302 /managed",
      "302 /managed",
    ]);
  });

  it("with a mistake does not keep the Manager's rules from being served", async () => {
    const shop = await start({ redirects: [{ source: "/a", status: 410 }] });
    written("extra.yaml", "redirects: [{ source: /a, status: 999 }]");
    await partIs(shop, "revision:extra", "down", "extra.yaml:1:");
    expect(await sentTo(shop.port, "/a")).toBe("410");
    expect(await sentTo(shop.port, "/c")).toBe("302 /managed");
  });
});
