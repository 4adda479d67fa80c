import { describe, expect, it } from "vitest";
import { type Bending, carry, formsOf, normalHost } from "./normalise.ts";

const straight: Bending = { query: "exact", host: "raw", trailing_slash: "exact", case: "exact" };

function tried(uri: string, bending: Partial<Bending>, host = "h"): string[] {
  return [...formsOf(host, uri, { ...straight, ...bending })].map(
    (form) => form.host + form.uri + (form.carried && ` +${form.carried}`),
  );
}

describe("the forms of a request, in the order in which they are tried", () => {
  it.each<[string, Partial<Bending>, string[]]>([
    ["/a?x=1", {}, ["h/a?x=1"]],
    ["/a?x=1", { query: "ignore" }, ["h/a?x=1", "h/a"]],
    ["/a", { query: "ignore" }, ["h/a"]],
    ["/a?", { query: "ignore" }, ["h/a?", "h/a"]],
    ["/a?x=1", { query: "preserve" }, ["h/a?x=1", "h/a +?x=1"]],
    ["/a?", { query: "preserve" }, ["h/a?", "h/a"]],
    ["/a?utm_source=x&b=2&GCLID=z", { query: "strip-tracking" }, ["h/a?utm_source=x&b=2&GCLID=z", "h/a?b=2"]],
    ["/a?fbclid=x", { query: "strip-tracking" }, ["h/a?fbclid=x", "h/a"]],
    ["/a?b=1", { query: "strip-tracking" }, ["h/a?b=1"]],
    ["/a?b=1&&utm_id=x", { query: "strip-tracking" }, ["h/a?b=1&&utm_id=x", "h/a?b=1&"]],
    ["/a", { trailing_slash: "ignore" }, ["h/a", "h/a/"]],
    ["/a/", { trailing_slash: "ignore" }, ["h/a/", "h/a"]],
    ["/", { trailing_slash: "ignore" }, ["h/"]],
    ["/A%2Fb?X=Y", { case: "ignore" }, ["h/A%2Fb?X=Y", "h/a%2Fb?X=Y"]],
    ["/a%2F", { case: "ignore" }, ["h/a%2F"]],
    ["/A", { case: "ignore", trailing_slash: "ignore" }, ["h/A", "h/A/", "h/a", "h/a/"]],
    ["/a?x", { trailing_slash: "ignore", query: "ignore" }, ["h/a?x", "h/a/?x", "h/a", "h/a/"]],
  ])("%s with %j", (uri, bending, forms) => expect(tried(uri, bending)).toEqual(forms));

  it.each([
    ["EXAMPLE.com", "example.com"],
    ["example.com:443", "example.com"],
    ["example.com:80", "example.com"],
    ["example.com:8080", "example.com:8080"],
    ["example.com.", "example.com"],
    ["Example.com.:443", "example.com"],
    ["example.com.:8443", "example.com:8443"],
    ["[::1]:80", "[::1]"],
    ["", ""],
  ])("host %j is compared as %j", (host, normal) => expect(normalHost(host)).toBe(normal));
});

describe("a query that is put onto the target", () => {
  it.each([
    ["/new", "?a=1", "/new?a=1"],
    ["/new?b=2", "?a=1", "/new?b=2&a=1"],
    ["/new#top", "?a=1", "/new?a=1#top"],
    ["/new?b#top", "?a=1", "/new?b&a=1#top"],
    ["/new", "", "/new"],
  ])("%s and %s", (target, query, whole) => expect(carry(target, query)).toBe(whole));
});
