import { describe, expect, it } from "vitest";
import { leadsAstray } from "./guard.ts";

describe("captured text that leads elsewhere", () => {
  it.each([
    ["$1", "//evil.example/x"],
    ["$1", "/\\evil.example"],
    ["$1", "\\\\evil.example"],
    ["$1", "\t//evil.example"],
    ["$1", "https://evil.example"],
    ["$1", "https:evil.example"],
    ["$1", "javascript:alert(1)"],
    ["$1://example.com/", "//evil.example/?://example.com/"],
    ["/$1", "//evil.example"],
    ["https://example.com$1", "https://example.com.evil.example/"],
    ["https://example.com$1", "https://example.com@evil.example/"],
    ["https://example.com$1", "https://example.com:99/"],
    ["//example.com$1", "//example.community/"],
    ["HTTPS://Example.com$1", "https://example.com.evil.example"],
  ])("%j must not become %j", (template, target) => expect(leadsAstray(template, target)).toBe(true));

  it.each([
    ["/new", "/new"],
    ["$1", "/x/y"],
    ["$1", "x"],
    ["/a/$1", "/a//evil.example"],
    ["/a?to=$1", "/a?to=https://evil.example"],
    ["https://example.com$1", "https://example.com/x"],
    ["https://example.com$1", "https://example.com?x"],
    ["https://example.com$1", "https://example.com"],
    ["HTTPS://Example.com$1", "https://example.com/x"],
    ["https://example.com/$1", "https://example.com///evil.example"],
    ["https://$1/", "https://anything.example/"],
    ["https://$1.example.com/$2", "https://shop.example.com/x"],
    ["https://www.example.$1/", "https://www.example.de/"],
  ])("%j may become %j", (template, target) => expect(leadsAstray(template, target)).toBe(false));
});
