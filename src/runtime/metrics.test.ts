import { describe, expect, it } from "vitest";
import { ProcessMetrics } from "./metrics.ts";

const asked = { name: "test_asked_total", help: "Asked.", type: "counter", labels: ["how"] } as const;
const depth = { name: "test_depth", help: "Depth.", type: "gauge" } as const;
const took = { name: "test_took_seconds", help: "Took.", type: "histogram", buckets: [0.1, 1] } as const;

const own = { agent: "a", kind: "test" };
const lines = async (metrics: ProcessMetrics) =>
  (await metrics.text()).split("\n").filter((line) => line.startsWith("test_"));

describe("ProcessMetrics", () => {
  it("gives every series the labels of its agent", async () => {
    const metrics = new ProcessMetrics();
    const mine = metrics.for(own);
    mine.counter(asked, { how: "loud" }).inc();
    mine.counter(asked, { how: "loud" }).inc(2);
    mine.gauge(depth).set(5);
    mine.histogram(took).observe(0.5);
    expect(await lines(metrics)).toEqual([
      'test_asked_total{agent="a",kind="test",how="loud"} 3',
      'test_depth{agent="a",kind="test"} 5',
      'test_took_seconds_bucket{le="0.1",agent="a",kind="test"} 0',
      'test_took_seconds_bucket{le="1",agent="a",kind="test"} 1',
      'test_took_seconds_bucket{le="+Inf",agent="a",kind="test"} 1',
      'test_took_seconds_sum{agent="a",kind="test"} 0.5',
      'test_took_seconds_count{agent="a",kind="test"} 1',
    ]);
  });

  it("reads plain numbers when somebody asks, of each agent those it has now", async () => {
    const metrics = new ProcessMetrics();
    let count = 1;
    metrics.for(own).read(depth, () => [{ value: count }]);
    metrics.for({ agent: "b", kind: "test" }).read(asked, () => [
      { labels: { how: "x" }, value: 7 },
      { labels: { how: "y" }, value: 8 },
    ]);
    await metrics.text();
    count = 2;
    metrics.for({ agent: "b", kind: "test" }).read(asked, () => [{ labels: { how: "x" }, value: 9 }]);
    expect(await lines(metrics)).toEqual([
      'test_depth{agent="a",kind="test"} 2',
      'test_asked_total{agent="b",kind="test",how="x"} 9',
    ]);
  });

  it("forgets an agent, and nothing else", async () => {
    const metrics = new ProcessMetrics();
    for (const agent of ["a", "b"]) {
      const mine = metrics.for({ agent, kind: "test" });
      mine.counter(asked, { how: "x" }).inc();
      mine.histogram(took).observe(1);
      mine.read(depth, () => [{ value: 1 }]);
    }
    metrics.forget("a");
    const left = await lines(metrics);
    expect(left.filter((line) => line.includes('agent="a"'))).toEqual([]);
    expect(left.filter((line) => line.includes('agent="b"'))).toHaveLength(7);
  });
});
