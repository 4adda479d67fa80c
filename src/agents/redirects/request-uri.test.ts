import { describe, expect, it } from "vitest";
import { decodedPath, isHost, readTarget } from "./request-uri.ts";

const utf8 = (text: string) => Buffer.from(text).toString("latin1");

describe("what is matched, from the target as received", () => {
  it.each([
    ["/old", "/old"],
    ["/caf%C3%A9", "/caf%C3%A9"],
    ["/%61%2f%2F//./../x", "/%61%2f%2F//./../x"],
    ["/a(b)[c]!'*", "/a(b)[c]!'*"],
    [utf8("/café"), "/caf%C3%A9"],
    ["/a|b(c)%2f%7e", "/a%7Cb%28c%29/~"],
    ["/a#b", "/a%23b"],
    ["/a?", "/a?"],
    ["/a??", "/a??"],
    ["/a?b?", "/a?b?"],
    ["/a?%zz|é", "/a?%zz|é"],
    ["//x/y", "//x/y"],
    ["/a;b=c", "/a;b=c"],
  ])("%j: %j", (target, uri) => expect(readTarget(target)).toEqual({ uri, host: undefined }));

  it.each([
    ["http://other.example/x?y", "/x?y", "other.example"],
    ["HTTPS://other.example:81", "/", "other.example:81"],
    ["http://other.example?x=/y", "/?x=/y", "other.example"],
    ["http://user:word@other.example/", "/", "other.example"],
    ["http://h%C3%A9/", "/", "h\xc3\xa9"],
    ["http:///x", "/x", undefined],
  ])("%s names path and host", (target, uri, host) => expect(readTarget(target)).toEqual({ uri, host }));

  it.each([
    "",
    "*",
    "x",
    "http:x",
    "mailto:x",
    "/a b",
    "/a\x00",
    "/a\r\nb",
    "/a?b\x01",
    "/%",
    "/%4",
    "/%zz",
    "http://h/%zz",
    "http://h:x/",
    "http://a b/",
    "http://h#x/",
    "http://[::1/",
  ])("%j is malformed", (target) => expect(readTarget(target)).toBeUndefined());
});

it("a relative target is resolved against the decoded path", () => {
  expect(decodedPath("/a%2Fb/c?d%20/e")).toBe("/a/b/c");
});

describe("Host headers that Go's server takes", () => {
  it.each(["", "example.com", "EXAMPLE.com:80", "[::1]:80", "a_b", "x%41", "a,b;c=d"])("%j", (host) =>
    expect(isHost(host)).toBe(true),
  );
  it.each(["a/b", "a b", "a@b", "a?b", "a#b", "a\\b", "h\xe9", 'a"b', "a<b", "a{b}"])("not %j", (host) =>
    expect(isHost(host)).toBe(false),
  );
});
