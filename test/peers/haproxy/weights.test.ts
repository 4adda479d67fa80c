import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { folder } from "../../tools/folder.ts";
import { startOutrider } from "../../tools/outrider.ts";
import { answerOf } from "../../tools/tcp.ts";
import { Tidy } from "../../tools/tidy.ts";
import { until } from "../../tools/until.ts";

const tidy = new Tidy();
const listen = "127.0.0.1:0";

test("a weight follows what a command prints, falls at once, rises in steps, and each change is logged", async () => {
  const load = join(await folder(tidy), "load");
  writeFileSync(load, "0");
  const weight = {
    inputs: { command: { run: ["cat", load], limit: 100 } },
    every: "100ms",
    smooth: "1ms",
    rise: 30,
  };
  const agents = { web: { kind: "haproxy", listen, weight } };
  const outrider = await startOutrider(tidy, { config: { admin: { listen }, agents } });
  const port = await outrider.port();
  const says = (line: string) => until(line, async () => (await answerOf(port)) === line);
  await outrider.line((line) => line.msg === "state changed" && line["weight"] === 100);
  const from = outrider.lines.length;
  writeFileSync(load, "100");
  await says("up 10%\n");
  writeFileSync(load, "0");
  await says("up 100%\n");
  const published = outrider.lines.slice(from).filter(({ msg }) => msg === "state changed");
  expect(published.map((line) => line["weight"])).toEqual([10, 40, 70, 100]);
  const { admin } = await outrider.says("outrider is running");
  const metrics = await (await fetch(`http://${admin}/metrics`)).text();
  expect(metrics).toContain('outrider_haproxy_weight_percent{agent="web",kind="haproxy",service="*"} 100');
});

test("an input that cannot be measured is named once, and leaves the weight out", async () => {
  const weight = { inputs: { command: { run: ["false"], limit: 1 } }, every: "100ms", when_stale: "omit" };
  const agents = { web: { kind: "haproxy", listen, weight: { ...weight, configured: 1 } } };
  const outrider = await startOutrider(tidy, { config: { admin: false, agents } });
  await outrider.says("input cannot be measured");
  expect(await answerOf(await outrider.port())).toBe("up 100%\n");
  await outrider.says("small percents of this weight come out as 0, configure weight 100 in HAProxy");
  await outrider.stop();
  expect(outrider.lines.filter(({ msg }) => msg === "input cannot be measured")).toHaveLength(1);
});
