import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { chromium, type Page } from "playwright-core";
import { find } from "./needs.ts";
import { serveHttp } from "./ports.ts";
import type { Tidy } from "./tidy.ts";

/** The build for pages without a bundler stands beside the one for Node. */
const sdk = join(
  dirname(createRequire(import.meta.url).resolve("@featbit/js-client-sdk")),
  "../umd/featbit-js-client-sdk.js",
);

/** A page in Debian's Chromium, of an origin of its own, with the unmodified browser SDK in it. */
export async function pageWithSdk(tidy: Tidy): Promise<Page> {
  const origin = await serveHttp(tidy, (request, response) => {
    if (request.url === "/sdk.js")
      response.setHeader("content-type", "text/javascript").end(readFileSync(sdk));
    else
      response.setHeader("content-type", "text/html").end('<!doctype html><script src="/sdk.js"></script>');
  });
  const browser = await chromium.launch({
    executablePath: find("chromium")!,
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
  });
  tidy.later(() => browser.close());
  const page = await browser.newPage();
  await page.goto(origin);
  return page;
}
