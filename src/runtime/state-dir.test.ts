import { homedir } from "node:os";
import { describe, expect, it } from "vitest";
import { defaultStateDir } from "./state-dir.ts";

describe("defaultStateDir", () => {
  it("is what systemd made, or what fits the user", () => {
    expect(defaultStateDir({ STATE_DIRECTORY: "/var/lib/mine:/var/lib/other" })).toBe("/var/lib/mine");
    const isRoot = process.getuid?.() === 0;
    expect(defaultStateDir({ XDG_STATE_HOME: "/x" })).toBe(isRoot ? "/var/lib/outrider" : "/x/outrider");
    expect(defaultStateDir({})).toBe(isRoot ? "/var/lib/outrider" : `${homedir()}/.local/state/outrider`);
  });
});
