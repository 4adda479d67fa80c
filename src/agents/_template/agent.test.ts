import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { folder } from "../../../test/tools/folder.ts";
import { outriderOf } from "../../../test/tools/in-process.ts";
import { Tidy } from "../../../test/tools/tidy.ts";
import { until } from "../../../test/tools/until.ts";
import type { AgentKind } from "../../core/agent.ts";
import { template } from "./index.ts";

const tidy = new Tidy();

/** A running agent between two files. */
async function running(lines: string, more = "") {
  const path = await folder(tidy);
  const [from, to] = [join(path, "in.ndjson"), join(path, "out.ndjson")];
  writeFileSync(from, lines);
  writeFileSync(to, "");
  const made = await outriderOf(
    tidy,
    `agents:\n  a: { kind: template, from: { file: { path: "${from}", follow: true } }, to: { file: { path: "${to}" } }, batch: { window: 10ms }${more} }`,
    [template] as unknown as AgentKind[],
  );
  await made.outrider.start();
  const out = () =>
    readFileSync(to, "utf8")
      .split("\n")
      .slice(0, -1)
      .map((line): unknown => JSON.parse(line));
  return { ...made, from, out };
}

describe("the template kind", () => {
  it("carries items over and labels them", async () => {
    const { out, from } = await running('{"n":1}\n{"n":2}\n', ", label: x");
    await until("two items arrived", () => out().length === 2);
    appendFileSync(from, '{"n":3}\n');
    await until("three items arrived", () => out().length === 3);
    expect(out()).toEqual([1, 2, 3].map((n) => ({ n, label: "x" })));
  });

  it("sets aside what it cannot use, with the reason", async () => {
    const { out, source } = await running('nonsense\n{"n":1}\n[1]\n');
    await until("one item arrived", () => out().length === 1);
    const rejected = join(source.stateDir, "files", "a", "rejected.ndjson");
    await until("two items are set aside", () => readFileSync(rejected, "utf8").split("\n").length === 3);
    expect(readFileSync(rejected, "utf8")).toMatch(
      /"value":"nonsense".*no JSON.*\n.*"value":"\[1\]".*no object/,
    );
  });

  it("takes another label when it is asked to, and counts", async () => {
    const { out, from, outrider } = await running('{"n":1}\n');
    await until("one item arrived", () => out().length === 1);
    await outrider.call("a", "relabel", { label: "new" });
    appendFileSync(from, '{"n":2}\n');
    await until("two items arrived", () => out().length === 2);
    expect(out()[1]).toEqual({ n: 2, label: "new" });
    expect(outrider.agent("a").agent?.inspect?.()).toEqual({ label: "new", carried: 2, in_flight: 0 });
    expect(await outrider.metrics.text()).toContain(
      'outrider_template_carried_total{agent="a",kind="template"} 2',
    );
  });
});
