import { expect, it } from "vitest";
import { folder } from "../../test/tools/folder.ts";
import { delivery, HandFeed, type Recorded } from "../../test/tools/hand-feed.ts";
import { Tidy } from "../../test/tools/tidy.ts";
import { until } from "../../test/tools/until.ts";
import { Health } from "../core/health.ts";
import { Spool } from "../wire/spool.ts";
import { ProcessMetrics } from "./metrics.ts";
import { spoolsShownBy } from "./spool-metrics.ts";

const tidy = new Tidy();

it("a spool shows how full it is while it is open, and what it let go", async () => {
  const metrics = new ProcessMetrics();
  const told = async () => (await metrics.text()).split("\n").filter((line) => line.startsWith("outrider_"));
  const spools = spoolsShownBy(metrics.for({ agent: "a", kind: "test" }));
  const source = new HandFeed<Recorded<string>>();
  const link = new Health().part("link");
  const spool = new Spool<string>(source, { folder: await folder(tidy), bytes: 1_000, link });
  spools.set("insights", spool);
  expect(await told()).toEqual([]);

  const controller = new AbortController();
  const items = spool.open({ signal: controller.signal, after: undefined, up: () => {} });
  const first = items.next();
  source.give(delivery("x".repeat(100)));
  await first;
  const labels = '{agent="a",kind="test",spool="insights"}';
  expect(await told()).toEqual([
    expect.stringMatching(/^outrider_spool_bytes\{agent="a",kind="test",spool="insights"\} 1\d\d$/),
    `outrider_spool_limit_bytes${labels} 1000`,
    `outrider_spool_lost_bytes_total${labels} 0`,
  ]);
  source.give(...Array.from({ length: 30 }, () => delivery("x".repeat(100))));
  await until("it lets the oldest go", () => spool.lostBytes > 0);
  expect(await told()).toContain(`outrider_spool_lost_bytes_total${labels} ${spool.lostBytes}`);
  controller.abort();
  await items.return(undefined);
  expect(await told()).toEqual([]);
});
