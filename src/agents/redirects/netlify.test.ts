import { describe, expect, it } from "vitest";
import { buildMatcher } from "./build.ts";
import { readNetlify } from "./netlify.ts";

/** Where a request is sent by the lines of a file, with the status; undefined for nowhere. */
async function sent(lines: string, url: string, usual: 301 | 302 = 301): Promise<string | undefined> {
  const rules = readNetlify(lines, "_redirects", usual);
  const { matcher } = await buildMatcher(rules, { matching: "fixed", onBadRule: "refuse", now: 0 });
  const slash = url.indexOf("/");
  const match = matcher.match(url.slice(0, slash), url.slice(slash));
  return match && `${rules.codes[match.index]} ${match.target}`;
}

function complaint(text: string): string {
  try {
    readNetlify(text, "_redirects", 301);
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}

describe("a `_redirects` file", () => {
  it.each([
    ["/old /new", "h/old", "301 /new"],
    ["/old /new 302", "h/old", "302 /new"],
    ["  /old\t/new   308!  # moved", "h/old", "308 /new"],
    ["# /old /new", "h/old", undefined],
    ["/old /new#part", "h/old", "301 /new#part"],
    ["/blog/* /articles/:splat", "h/blog/a/b", "301 /articles/a/b"],
    ["/blog/* /articles/:splat", "h/blog", "301 /articles/"],
    ["/blog/* /articles/:splat", "h/blogger", undefined],
    ["/:year/:slug /:slug-:year 307", "h/2024/x", "307 /x-2024"],
    ["/:a /x/:b", "h/q", "301 /x/:b"],
    ["/a.b /x", "h/a.b", "301 /x"],
    ["/a.b/* /x", "h/aXb/c", undefined],
    [
      "https://Shop.example.com/* https://new.example/:splat",
      "shop.example.com/a?b",
      "301 https://new.example/a?b",
    ],
    ["https://a.example /x", "a.example/", "301 /x"],
    ["https://a.example/* /x", "aXexample/", undefined],
    ["/x /first\n/x /second", "h/x", "301 /first"],
    ["\ufeff/old /new\r\n", "h/old", "301 /new"],
  ])("%j sends %s to %s", async (lines, url, to) => expect(await sent(lines, url)).toBe(to));

  it("says 302 for a line without status at Cloudflare", async () => {
    expect(await sent("/old /new", "h/old", 302)).toBe("302 /new");
  });

  it.each([
    ["/old", "_redirects:1:1  the target is missing"],
    [
      "\n  /a /b 200",
      "_redirects:2:9  status 200 has no counterpart: only 301, 302, 307 and 308 are redirects",
    ],
    [
      "/a /b 404!",
      "_redirects:1:7  status 404! has no counterpart: only 301, 302, 307 and 308 are redirects",
    ],
    [
      "/a /b nonsense",
      "_redirects:1:7  status nonsense has no counterpart: only 301, 302, 307 and 308 are redirects",
    ],
    ["/a id=:id /b", "_redirects:1:4  conditions and query parameters have no counterpart"],
    ["/a /b 302 Country=de", "_redirects:1:11  conditions and query parameters have no counterpart"],
    ["/a /b 302 x", '_redirects:1:11  "x" is one word too many'],
    ["a /b", '_redirects:1:1  "a" is neither a path nor a URL'],
    ["/a/*/b /c", "_redirects:1:1  a `*` may stand at the end only"],
    ["/:a/:b/:c/:d/:e/:f/:g/:h/:i/:j /x", "_redirects:1:1  more than nine placeholders have no counterpart"],
    ["x /y\n/a", '_redirects:1:1  "x" is neither a path nor a URL\n_redirects:2:1  the target is missing'],
  ])("%j is refused", (text, message) => expect(complaint(text)).toBe(message));
});
