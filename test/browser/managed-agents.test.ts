import { readFileSync, statSync } from "node:fs";
import type { Browser } from "playwright-core";
import { beforeAll, expect, it } from "vitest";
import { Backend } from "../tools/backend.ts";
import { openBrowser, Visitor } from "../tools/control-room.ts";
import { describeIf, find } from "../tools/needs.ts";
import { type OutriderProcess, startOutrider } from "../tools/outrider.ts";
import { freePort } from "../tools/ports.ts";
import { type RabbitMq, rabbitMq, startRabbitMq } from "../tools/rabbitmq.ts";
import { Tidy } from "../tools/tidy.ts";
import { until } from "../tools/until.ts";

const missing = ["chromium", rabbitMq].filter((program) => find(program) === undefined);

interface Detail {
  readonly standing: string;
  readonly owner: { readonly managed: boolean; readonly file: string };
  readonly config: { readonly workers: number };
  readonly error?: { readonly code: string };
}

describeIf(missing.length === 0, `${missing.join(", ")} not installed`)("agents of the control room", () => {
  const tidy = new Tidy("all");
  let broker: RabbitMq;
  let backend: Backend;
  let run: OutriderProcess;
  let browser: Browser;
  let origin: string;

  beforeAll(async () => {
    const admin = `127.0.0.1:${await freePort()}`;
    origin = `http://${admin}`;
    [broker, backend, run, browser] = await Promise.all([
      startRabbitMq(tidy),
      Backend.start(tidy),
      startOutrider(tidy, { config: { admin: { listen: admin }, agents: {} } }),
      openBrowser(tidy),
    ]);
    await broker.addUser("shop", "right-password");
    await run.says("outrider is running");
  }, 120_000);

  const url = (password: string) => broker.url("%2F", `shop:${password}`);
  const detail = (name: string) => run.api<Detail>(`/api/agents/${name}`);

  /** Begins to add a queue by its form. */
  async function begin(visitor: Visitor, name: string, password: string): Promise<void> {
    await visitor.go("add");
    await visitor.page.getByRole("link", { name: /^queue/ }).click();
    await visitor.page.getByLabel("Name (needed)").fill(name);
    await visitor.page.locator("#field-from\\.amqp\\.url").fill(url(password));
    await visitor.page.locator("#field-from\\.amqp\\.queue").fill("orders");
    await visitor.page.locator("#field-to\\.0\\.http\\.url").fill(backend.url);
  }

  it("adds one with a form: refused with a wrong password, accepted with the right one", async () => {
    const visitor = await Visitor.come(browser, origin);
    await visitor.page.getByRole("link", { name: "Add the first one" }).click();
    await begin(visitor, "orders", "wrong");
    await visitor.button("Test connection").click();
    await visitor.sees("The test failed");
    const failed = visitor.page.locator(".step.is-failed");
    expect([await failed.count(), await failed.first().textContent()]).toEqual([
      1,
      expect.stringMatching(/^source failed.*(refuse|ACCESS|credential|password)/i),
    ]);
    await visitor.button("Add agent").click();
    await visitor.button("Add it anyway").waitFor();
    expect((await detail("orders")).error?.code).toBe("agent_unknown");

    await visitor.page.locator("#field-from\\.amqp\\.url").fill(url("right-password"));
    await visitor.button("Test connection").click();
    await visitor.sees("The test passed");
    await visitor.button("Add agent").click();
    await visitor.page.getByRole("heading", { name: "orders" }).waitFor();
    await visitor.page.locator('.agent-title [data-state="ready"]').waitFor();
    const { owner } = await detail("orders");
    expect([owner.managed, statSync(owner.file).mode & 0o777]).toEqual([true, 0o600]);
    expect(await visitor.page.content()).not.toContain("right-password");
    visitor.expectNoOffence();
  });

  it("changes it while its password stays hidden, and stays what it was", async () => {
    const visitor = await Visitor.come(browser, origin);
    await visitor.go("agents/orders");
    await visitor.page.getByRole("link", { name: "Edit" }).click();
    const address = visitor.page.locator("#field-from\\.amqp\\.url");
    expect(await address.inputValue()).toBe(url("***"));
    await visitor.page
      .getByText(/^\d+ more settings$/)
      .last()
      .click();
    const workers = visitor.page.locator("#field-workers");
    await workers.pressSequentially("0");
    await visitor.button("Save").click();
    await visitor.sees("It cannot be accepted as it is:");
    expect(await visitor.page.locator("#field-workers").getAttribute("aria-invalid")).toBe("true");
    await visitor.button("workers").click();
    expect(await visitor.page.evaluate("document.activeElement.id")).toBe("field-workers");
    await workers.fill("3");
    await visitor.button("Save").click();
    await visitor.page.locator('.agent-title [data-state="ready"]').waitFor();
    const { config, owner } = await detail("orders");
    expect(config.workers).toBe(3);
    expect(readFileSync(owner.file, "utf8")).toContain("right-password");
    visitor.expectNoOffence();
  });

  it("takes YAML, says what is wrong with it, and keeps it when the form is shown", async () => {
    const visitor = await Visitor.come(browser, origin);
    await visitor.go("agents/orders/edit");
    await visitor.page.getByLabel("YAML or JSON").check({ force: true });
    const text = visitor.page.getByLabel(/As in outrider.yaml/);
    const before = await text.inputValue();
    await text.fill(`${before}timeout: [`);
    await visitor.page.locator("#as-text-mistake").getByText(/./).waitFor();
    expect(await visitor.button("Save").isDisabled()).toBe(true);
    await text.fill(`${before}prefech: 3\n`);
    await visitor.button("Save").click();
    await visitor.sees(/unknown key "prefech"/);
    await text.fill(`${before}timeout: 7s\n`);
    await visitor.page.getByLabel("Form", { exact: true }).check({ force: true });
    expect(await visitor.page.locator("#field-timeout").inputValue()).toBe("7s");
    visitor.expectNoOffence();
  });

  it("accepts one by force, says so, and tells on its page what it lacks", async () => {
    const visitor = await Visitor.come(browser, origin);
    await begin(visitor, "forced", "wrong");
    await visitor.button("Add agent").click();
    await visitor.button("Add it anyway").click();
    await visitor.sees("forced accepted without a test that passed");
    await visitor.page.locator('.agent-title [data-state="degraded"]').waitFor();
    await visitor.page
      .getByLabel("Why it is not well")
      .getByText(/source is down/)
      .waitFor();
    await visitor.page.getByRole("link", { name: "Problems" }).click();
    await visitor.page.locator(".problem-list .remedy").first().waitFor();
    visitor.expectNoOffence();
  });

  it("deletes one after a question", async () => {
    const visitor = await Visitor.come(browser, origin);
    await visitor.go("agents/forced");
    await visitor.button("Delete").click();
    await visitor.dialog().getByRole("button", { name: "Delete" }).click();
    await visitor.row("orders").waitFor();
    await until("it is gone", async () => (await visitor.row("forced").count()) === 0);
    expect((await detail("forced")).error?.code).toBe("agent_unknown");
    visitor.expectNoOffence();
  });
});
