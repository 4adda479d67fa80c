import { describe, expect, it } from "vitest";
import { kinds } from "../../test/tools/parrot.ts";
import { loadConfig } from "../config/load.ts";
import { probeAgents } from "./probe.ts";

describe("probeAgents", () => {
  it("lets every agent try what it needs, each in its time, and starts none", async () => {
    const text =
      "agents:\n  a: { kind: parrot, listen: 127.0.0.1:1 }\n  b: { kind: parrot, says: nothing }\n  c: { kind: parrot, says: later }\n  d: { kind: parrot, fails: create }";
    const found = new Map<string, string[]>();
    for await (const { name, steps } of probeAgents(loadConfig([{ file: "o.yaml", text }], kinds, {}), 50)) {
      found.set(
        name,
        steps.map(
          ({ step, ok, problem }) => `${step} ${ok ? "fine" : `${problem?.code}: ${problem?.message}`}`,
        ),
      );
    }
    const before = ["configuration fine", "wiring fine", "perch fine"];
    expect(Object.fromEntries(found)).toEqual({
      a: [...before, "listener fine"],
      b: [...before, "listener connect_failed: nobody is there"],
      c: [...before, "listener timed_out: no answer within 50 ms"],
      d: ["configuration fine", "wiring defect: this parrot is no more"],
    });
  });
});
