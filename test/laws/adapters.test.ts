import { describe, expect, it } from "vitest";
import { adapterLaws } from "../../src/laws/index.ts";
import { adapterInputs, all } from "./settings.ts";

const adapters = all.flatMap(({ adapters: each = [] }) => each);

describe.each(adapters.map((adapter) => [adapter.name, adapter] as const))(
  "the adapter %s",
  (name, adapter) => {
    const given = adapterInputs[name];
    it("has inputs to be tried with in test/laws/settings.ts", () => expect(given).toBeDefined());
    for (const law of adapterLaws(() => ({ adapter, kinds: all, inputs: [], ...given })))
      it(law.name, law.check);
  },
);

describe("adapters", () => {
  it("have names of their own", () => {
    expect(new Set(adapters.map(({ name }) => name)).size).toBe(adapters.length);
  });
});
