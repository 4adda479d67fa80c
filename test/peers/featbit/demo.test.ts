import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { expect, it } from "vitest";
import { folder } from "../../tools/folder.ts";
import { describeWith, find } from "../../tools/needs.ts";
import { startOutrider } from "../../tools/outrider.ts";
import { freePort } from "../../tools/ports.ts";
import { Tidy } from "../../tools/tidy.ts";
import { until } from "../../tools/until.ts";

const tidy = new Tidy();

describeWith("chromium")("the demo", () => {
  it("serves flags to a small web page, through the unmodified browser SDK", async () => {
    const dir = await folder(tidy);
    const at = async () => `127.0.0.1:${await freePort()}`;
    const env = {
      DEMO_ADMIN: await at(),
      DEMO_HTTP: await at(),
      DEMO_CHECK: await at(),
      DEMO_FLAGS: await at(),
    };
    const run = await startOutrider(tidy, { args: ["demo", "--dir", dir], env });
    await run.says("serving flags");
    const browser = await chromium.launch({
      executablePath: find("chromium")!,
      args: ["--no-sandbox", "--disable-gpu"],
    });
    tidy.later(() => browser.close());
    const page = await browser.newPage();
    await until("the page is there", async () => (await page.goto(`http://${env.DEMO_HTTP}/flags`))?.ok());
    const headline = () => page.textContent("#headline");
    await until("it shows the flag", async () => (await headline()) === "Spring sale");
    const file = join(dir, "flags.json");
    const changed = readFileSync(file, "utf8")
      .replace('"Spring sale"', '"Summer sale"')
      .replace("2026-03-06", "2026-03-07");
    writeFileSync(file, changed);
    await until("it follows the change", async () => (await headline()) === "Summer sale");
    expect(await headline()).toBe("Summer sale");
  });
});
