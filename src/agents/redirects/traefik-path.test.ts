import { expect, it } from "vitest";
import { traefikPath } from "./traefik-path.ts";

it.each([
  ["/a/b", "/a/b"],
  ["/%61%2d%2f%7e", "/a-%2F~"],
  ["//a///b//", "/a/b/"],
  ["/a/./b/../c", "/a/c"],
  ["/..", "/"],
  ["/a/.", "/a"],
  ["/a/..", "/"],
  ["/a/../", "/"],
  ["/a/b/../", "/a/"],
  ["/%2e%2e/x", "/x"],
  ["/", "/"],
  ["/a//b?c=//d/../%61", "/a/b?c=//d/../%61"],
])("Traefik hands %s on as %s", (path, changed) => expect(traefikPath(path)).toBe(changed));
