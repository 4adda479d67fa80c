import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { adminOf } from "../../../test/tools/admin.ts";
import { folder } from "../../../test/tools/folder.ts";
import { Tidy } from "../../../test/tools/tidy.ts";

const tidy = new Tidy();
const one = "agents:\n  a: { kind: parrot }";

async function built() {
  const root = await folder(tidy);
  mkdirSync(join(root, "ui", "assets"), { recursive: true });
  writeFileSync(join(root, "ui", "index.html"), "<!doctype html><title>Outrider</title>");
  writeFileSync(join(root, "ui", "assets", "index-x1Y2.js"), "export {}");
  writeFileSync(join(root, "ui", "assets", "index-x1Y2.css"), "body{}");
  writeFileSync(join(root, "secret.txt"), "canary");
  return `${join(root, "ui")}/`;
}

describe("the page", () => {
  it("is served without a token, under a strict policy", async () => {
    const { ask } = await adminOf(tidy, one, { page: await built(), token: "s3cret" });
    const { status, text, headers } = await ask("/");
    expect([status, text]).toEqual([200, expect.stringContaining("<title>Outrider")]);
    expect(headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(headers.get("cache-control")).toBe("no-cache");
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy.split("; ")).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "frame-ancestors 'none'",
      ]),
    );
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
  });

  it("has assets that never change", async () => {
    const { ask } = await adminOf(tidy, one, { page: await built(), token: "s3cret" });
    const script = await ask("/assets/index-x1Y2.js");
    expect([script.status, script.text]).toEqual([200, "export {}"]);
    expect(script.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
    expect(script.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect((await ask("/assets/index-x1Y2.css")).headers.get("content-type")).toBe("text/css; charset=utf-8");
  });

  it.each([
    "/assets/none.js",
    "/assets/..%2f..%2fsecret.txt",
    "/assets/%2e%2e/%2e%2e/secret.txt",
    "/assets/..%5c..%5csecret.txt",
    "/assets/.",
    "/assets/%00",
    "/assets/%2fetc%2fpasswd",
  ])("shows no other file: %s", async (path) => {
    const { ask } = await adminOf(tidy, one, { page: await built() });
    const { status, text } = await ask(path);
    expect([status, text.includes("canary")]).toEqual([404, false]);
  });

  it("that is not built says how to build it", async () => {
    const { ask } = await adminOf(tidy, one);
    const { status, json, headers } = await ask("/");
    expect([status, json.error.message]).toEqual([404, expect.stringContaining("npm run build")]);
    expect(headers.get("cache-control")).toBe("no-store");
  });

  it("opens nothing else without a token", async () => {
    const { ask } = await adminOf(tidy, one, { page: await built(), token: "s3cret" });
    for (const path of ["/api/process", "/api/agents", "/api/log", "/index.html", "/assets", "//", "/x"]) {
      expect([path, (await ask(path)).status]).toEqual([path, 401]);
    }
  });
});
