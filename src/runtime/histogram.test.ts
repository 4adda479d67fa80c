import fc from "fast-check";
import { Histogram as Reference, Registry } from "prom-client";
import { describe, expect, it } from "vitest";
import { ProcessMetrics } from "./metrics.ts";

const buckets = [0.1, 1, 10];
const spec = { name: "test_took_seconds", help: "Took.", type: "histogram", buckets } as const;
const labels = { agent: "a", kind: "test" };

/** What the library writes of these values. */
async function expected(values: readonly number[]): Promise<string> {
  const registry = new Registry();
  const reference = new Reference({
    name: spec.name,
    help: spec.help,
    buckets,
    labelNames: ["agent", "kind"],
    registers: [registry],
  });
  const series = reference.labels(labels);
  for (const value of values) series.observe(value);
  return registry.metrics();
}

describe("a histogram", () => {
  it("says what that of the library says", async () => {
    const value = fc.oneof(fc.double({ min: -1, max: 20, noNaN: true }), fc.constantFrom(...buckets));
    await fc.assert(
      fc.asyncProperty(fc.array(value, { minLength: 1 }), async (values) => {
        const metrics = new ProcessMetrics();
        const series = metrics.for(labels).histogram(spec);
        for (const each of values) series.observe(each);
        expect(await metrics.text()).toContain((await expected(values)).trim());
      }),
      { numRuns: 50 },
    );
  });

  it("counts on when its series is made once more, and refuses what is no number", async () => {
    const metrics = new ProcessMetrics();
    const mine = metrics.for(labels);
    mine.histogram(spec).observe(0.5);
    mine.histogram(spec).observe(5);
    expect(await metrics.text()).toContain((await expected([0.5, 5])).trim());
    expect(() => mine.histogram(spec).observe(Number.NaN)).toThrow(TypeError);
  });
});
