import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { folder } from "../../tools/folder.ts";
import { flectoOf, startManaged, startManager } from "../../tools/managed-shop.ts";
import { rulesFile, startShop } from "../../tools/shop.ts";
import { Tidy } from "../../tools/tidy.ts";

const tidy = new Tidy();
const rules = {
  redirects: [
    { type: "REGEX", source: "^/blog/([0-9]+)$", target: "/articles/$1", status: 308 },
    { source: "example.com/é", target: "/ü" },
    { source: "/gone", status: 410 },
  ],
  pages: [{ path: "/robots.txt", content: "é\n" }],
};
const nobody = "http://127.0.0.1:1";

describe("the library", () => {
  it("`match` gives the rule and its expanded target, as the Go client's RedirectMatch", async () => {
    const { agent } = await startShop(tidy, {}, { rules, listen: false });
    expect(agent.match("h", "/blog/7")).toEqual({
      status: 308,
      location: "/articles/7",
      rule: { type: "REGEX", source: "^/blog/([0-9]+)$", target: "/articles/$1" },
    });
    expect(agent.match("example.com", "/é")?.location).toBe("/ü");
    for (const uri of ["/none", "/robots.txt", "/gone", "", "%"])
      expect(agent.match("h", uri)).toBeUndefined();
  });

  it("`page` gives the page, as the Go client's PageMatch", async () => {
    const { agent } = await startShop(tidy, {}, { rules, listen: false });
    expect(agent.page("h", "/robots.txt")).toEqual({ contentType: "text/plain", content: "é\n" });
    for (const uri of ["/none", "/blog/7", "/robots.txt?x"]) expect(agent.page("h", uri)).toBeUndefined();
  });

  it("`answer` gives the whole answer, for a request as it was received", async () => {
    const { agent } = await startShop(tidy, { debug: true }, { rules, listen: false });
    const ask = (target: string, method = "GET") => agent.answer({ method, host: "h", target });
    expect(ask("/blog/7", "POST")).toMatchObject({
      status: 308,
      headers: { location: "/articles/7" },
      body: "",
    });
    expect(ask("/robots.txt")).toMatchObject({ status: 200, body: Buffer.from("é\n") });
    expect(ask("http://example.com/\xc3\xa9")).toBeUndefined();
    expect(ask("/gone")).toMatchObject({ status: 410, body: "410 Gone\n" });
    for (const malformed of ["/%zz", "/a b", "*", "", "no/slash"]) expect(ask(malformed)).toBeUndefined();
  });

  it("`inspect` tells the version, as GetStateVersion; `refresh` looks for a new one, as Reload", async () => {
    const manager = await startManager(tidy, { version: "7\n" });
    const { agent } = await startManaged(tidy, manager, {}, { timeout: 10_000 });
    expect(agent.inspect()).toMatchObject({ projects: [{ version: "7" }] });
    await manager.saw(({ method }) => method === "POST");
    manager.seen.length = 0;
    agent.refresh();
    await manager.saw(({ path }) => path.endsWith("/version"));
  });

  it("`embed` that does not get rules in time says why, and leaves nothing running", async () => {
    const from = { flecto: { url: nobody, namespace: "ns", project: "prj", token: "flecto_abc" } };
    const late = startShop(tidy, { from }, { listen: false, timeout: 100 });
    await expect(late).rejects.toMatchObject({
      code: "timed_out",
      message: expect.stringMatching(
        /not ready within 100 ms: origin: GET http:\/\/127\.0\.0\.1:1\/.*ECONNREFUSED/,
      ),
    });
  });

  it("`ready` is refused once it is closed, and `close` may come before that, and twice", async () => {
    const from = { flecto: { url: nobody, namespace: "ns", project: "prj", token: "flecto_abc" } };
    const { agent } = await startShop(tidy, { from }, { listen: false, timeout: 0 });
    const refused = expect(agent.ready()).rejects.toThrow("closed before it was ready");
    await agent.close();
    await refused;
    await agent.close();
    expect(agent.health().standing).toBe("stopped");
  });

  it("a mistake in the configuration is told with its place", async () => {
    const wrong = startShop(tidy, { from: { file: "x" }, query: "ignored" as "ignore" }, { listen: false });
    await expect(wrong).rejects.toMatchObject({
      code: "config_invalid",
      message: expect.stringContaining("query"),
    });
  });
});

describe("after `close` nothing is open", () => {
  /** What a user writes, imported as a user does; a process in which nothing is open ends by itself. */
  const program = `
    import { embed } from "outrider";
    import { redirects } from "outrider/redirects";
    const [from, extra, stateDir] = JSON.parse(process.argv[1]);
    const shop = await embed(redirects, { listen: "127.0.0.1:0", from, extra }, { stateDir });
    console.log(shop.match("h", "/old").location, shop.match("h", "/blog/7").location);
    await shop.close();
    console.log(process.getActiveResourcesInfo().filter((name) => !/Wrap$/.test(name)).join(" "));
  `;

  it("and the process ends by itself: no socket, no timer, no watched file is left", async () => {
    const redirects = [{ type: "BASIC", source: "/old", target: "/new", status: "FOUND" }];
    const manager = await startManager(tidy, { redirects });
    const given = [{ flecto: flectoOf(manager) }, await rulesFile(tidy, rules), await folder(tidy)];
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--input-type=module", "-e", program, "--", JSON.stringify(given)],
      { cwd: fileURLToPath(new URL("../../..", import.meta.url)), timeout: 20_000 },
    );
    expect(stdout).toBe("/new /articles/7\n\n");
  });
});
