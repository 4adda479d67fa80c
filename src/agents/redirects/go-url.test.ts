import { describe, expect, it } from "vitest";
import { hostOfAuthority, urlForm } from "./go-url.ts";

describe("what Go's url.Parse makes of a target", () => {
  it.each([
    ["https://example.com/x", "absolute"],
    ["HTTP://EXAMPLE.com", "absolute"],
    ["mailto:a@example.com", "absolute"],
    ["javascript:alert(1)", "absolute"],
    ["http:/x", "absolute"],
    ["http:x", "absolute"],
    ["a+b-c.d:x", "absolute"],
    ["//cdn.example/x", "absolute"],
    ["//user@cdn.example", "absolute"],
    ["http://[fe80::1]/", "absolute"],
    ["http://[fe80::1]:8080/", "absolute"],
    ["http://[fe80::1%25en0]:8080/", "absolute"],
    ["http://[fe80::%25%65%6e%301-._~]/", "absolute"],
    ["http://ex%C3%A4mple/", "absolute"],
    ["http://a<b>c/", "absolute"],
    ["http://h:/", "absolute"],
    ["http://h?%zz", "absolute"],
    ["http://h/?%zz", "absolute"],
  ])("%s: absolute", (target, form) => expect(urlForm(target)).toBe(form));

  it.each([
    "",
    "x",
    "/x",
    "/x:y",
    "./x:y",
    "?x=%zz",
    "#x",
    "*",
    "///x",
    "//",
    "//user@/x",
    "/x#a%41",
    "/x y",
    "/x\xe9",
    "/x#a\x01b",
    "a/b:c",
  ])("%j: relative", (target) => expect(urlForm(target)).toBe("relative"));

  it.each([
    ":x",
    ":",
    "1:b/c",
    "x y:z",
    "/x\x01",
    "/x\x7f",
    "/x\n",
    "/%zz",
    "/%4",
    "/x#%zz",
    "http://h/%zz",
    "http://h:x/",
    "http://h:80:x/",
    "http://[::1/",
    "http://[::1]x/",
    "http://[::1]:x/",
    "http://h%41/",
    "http://h%zz/",
    "http://a b/",
    "http://a\\b/",
    "http://us er@h/",
    "http://us%zz@h/",
    "http://[fe80::1%25%e9]/",
    "http://[fe80::1%25%zz]/",
    "http://[%10::1]/",
    "//h:x",
  ])("%j: does not parse", (target) => expect(urlForm(target)).toBe("invalid"));
});

describe("the host of an authority", () => {
  it.each([
    ["example.com:80", "example.com:80"],
    ["user:word@example.com", "example.com"],
    ["a@b@example.com", "example.com"],
    ["", ""],
  ])("%j: %j", (authority, host) => expect(hostOfAuthority(authority)).toBe(host));
});
