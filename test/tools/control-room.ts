import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from "playwright-core";
import { expect } from "vitest";
import { folder } from "./folder.ts";
import { find } from "./needs.ts";
import { type OutriderProcess, startOutrider } from "./outrider.ts";
import { freePort } from "./ports.ts";
import type { Tidy } from "./tidy.ts";

export const desktop = { width: 1280, height: 860 };
export const phone = { width: 390, height: 844 };

export interface Look {
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly scheme?: "light" | "dark";
}

/** Debian's Chromium, for the pages of one file. It is closed in the end. */
export async function openBrowser(tidy: Tidy): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: find("chromium")!,
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
  });
  tidy.later(() => browser.close());
  return browser;
}

/** A person at the control room: a page, and what it did that it must not do. */
export class Visitor {
  readonly page: Page;
  readonly origin: string;
  /** Requests to other origins, violations of the page's policy, and errors that nobody caught. */
  readonly offences: string[] = [];

  private constructor(page: Page, origin: string) {
    this.page = page;
    this.origin = origin;
  }

  static async come(browser: Browser, origin: string, look: Look = {}): Promise<Visitor> {
    const { viewport = desktop, scheme = "light" } = look;
    const context = await browser.newContext({ viewport, colorScheme: scheme, reducedMotion: "reduce" });
    const visitor = new Visitor(await context.newPage(), origin);
    // Less than a test has, so that it is told what was waited for.
    visitor.page.setDefaultTimeout(12_000);
    await visitor.#watch(context);
    await visitor.go("");
    return visitor;
  }

  async #watch(context: BrowserContext): Promise<void> {
    context.on("request", (request) => {
      const url = request.url();
      if (!url.startsWith(`${this.origin}/`)) this.offences.push(`asked ${url}`);
    });
    this.page.on("pageerror", (error) => this.offences.push(`error ${error.stack ?? error.message}`));
    await this.page.exposeFunction("policyBroken", (what: string) => this.offences.push(`policy: ${what}`));
    await context.addInitScript(
      "addEventListener('securitypolicyviolation', (e) => policyBroken(e.violatedDirective + ' ' + e.blockedURI))",
    );
  }

  /** @param place behind the hash: `agents/web-1` */
  async go(place: string): Promise<void> {
    await this.page.goto(`${this.origin}/#/${place}`);
  }

  /** The row of an agent in the overview. */
  row(name: string): Locator {
    return this.page.getByRole("listitem").filter({ has: this.page.getByText(name, { exact: true }) });
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole("button", { name, ...(typeof name === "string" && { exact: true }) });
  }

  dialog(): Locator {
    return this.page.getByRole("dialog");
  }

  /** Waits until a text is there. */
  async sees(text: string | RegExp, within = 15_000): Promise<void> {
    await this.page.getByText(text).first().waitFor({ timeout: within });
  }

  /** What axe-core finds that is serious or critical. */
  async barriers(): Promise<string[]> {
    // Pieces that are still to come are no pieces of the page.
    await this.page.locator(".loading").first().waitFor({ state: "detached" });
    await this.page.evaluate(axe);
    const found = (await this.page.evaluate(
      "axe.run(document, { resultTypes: ['violations'] })",
    )) as AxeResult;
    return found.violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(
        ({ id, nodes }) =>
          `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join("\n")}`,
      );
  }

  /** Whether the page is wider than its window. */
  async sticksOut(): Promise<boolean> {
    return (await this.page.evaluate(
      "document.documentElement.scrollWidth > document.documentElement.clientWidth",
    )) as boolean;
  }

  /** A picture for the documentation, where they are to be made anew. */
  async picture(name: string): Promise<void> {
    if (process.env["UPDATE_SCREENSHOTS"] === undefined) return;
    await this.page.mouse.move(0, 0);
    await this.page.screenshot({ path: join(import.meta.dirname, "../../docs/images", `${name}.png`) });
  }

  expectNoOffence(): void {
    expect(this.offences).toEqual([]);
  }
}

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly impact: string;
    readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
  }[];
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export interface Demo {
  readonly run: OutriderProcess;
  readonly origin: string;
  /** Addresses of the demo's doors. */
  readonly env: Readonly<Record<string, string>>;
  readonly dir: string;
}

/**
 * `outrider demo` in a folder of its own, on free ports.
 * @param name what the folder is called in the demo's own files; default: its path
 */
export async function startDemo(tidy: Tidy, name?: string): Promise<Demo> {
  const dir = name ?? (await folder(tidy));
  const doors = ["ADMIN", "HTTP", "CHECK", "FLAGS", "INBOX"];
  const ports = await Promise.all(doors.map(() => freePort()));
  const env = Object.fromEntries(doors.map((door, index) => [`DEMO_${door}`, `127.0.0.1:${ports[index]}`]));
  const run = await startOutrider(tidy, { args: ["demo", "--dir", dir], env });
  await run.says("every required agent is ready");
  return { run, origin: `http://${env["DEMO_ADMIN"]}`, env, dir };
}
