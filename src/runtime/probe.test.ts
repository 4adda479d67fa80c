import { describe, expect, it } from "vitest";
import { kinds } from "../../test/tools/parrot.ts";
import { loadConfig } from "../config/load.ts";
import { probeAgents } from "./probe.ts";

describe("probeAgents", () => {
  it("lets every agent try what it needs, each in its time, and starts none", async () => {
    const text =
      "agents:\n  a: { kind: parrot, listen: 127.0.0.1:1 }\n  b: { kind: parrot, says: nothing }\n  c: { kind: parrot, says: later }\n  d: { kind: parrot, fails: create }";
    const found = new Map<string, unknown>();
    for await (const { name, error } of probeAgents(loadConfig([{ file: "o.yaml", text }], kinds, {}), 50)) {
      found.set(name, error);
    }
    expect(found.get("a")).toBeUndefined();
    expect(found.get("b")).toMatchObject({ message: "nobody is there" });
    expect(found.get("c")).toMatchObject({ code: "timed_out", message: "no answer within 50 ms" });
    expect(found.get("d")).toMatchObject({ message: "this parrot is no more" });
  });
});
