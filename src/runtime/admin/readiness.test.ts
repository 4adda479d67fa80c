import { describe, expect, it, vi } from "vitest";
import { outriderOf } from "../../../test/tools/in-process.ts";
import { Tidy } from "../../../test/tools/tidy.ts";
import { settlesWithin } from "../../core/life.ts";
import { whenReady } from "./readiness.ts";

const tidy = new Tidy();

async function running(text: string) {
  const made = await outriderOf(tidy, text);
  await made.outrider.start();
  return made;
}

describe("a process is ready", () => {
  it("when the last required agent is", async () => {
    const { outrider } = await running("agents: { a: { kind: parrot }, b: { kind: parrot } }");
    await whenReady(outrider);
    await outrider.stopAgent("a");
    await outrider.stopAgent("b");
    const ready = whenReady(outrider);
    await outrider.startAgent("b");
    expect(await settlesWithin(50, ready)).toBe(false);
    await outrider.startAgent("a");
    await ready;
  });

  it.each([
    ["is required no more", "agents: { a: { kind: parrot, required: false, fails: run } }"],
    ["is gone", "agents: { b: { kind: parrot } }"],
  ])("when the only one that is not %s", async (_, changed) => {
    const { outrider, source } = await running("agents: { a: { kind: parrot, fails: run } }");
    const ready = whenReady(outrider);
    expect(await settlesWithin(50, ready)).toBe(false);
    source.text = changed;
    await outrider.reload();
    await ready;
  });

  it("which costs a look at each agent when it changes, and not one at all of them", async () => {
    const names = Array.from({ length: 100 }, (_, index) => `a${index}`);
    const agents = names.map((name) => `${name}: { kind: parrot }`).join(", ");
    const { outrider } = await running(`agents: { ${agents} }`);
    for (const name of names) await outrider.stopAgent(name);
    const looked = vi.spyOn(outrider.supervisor, "ward");
    const ready = whenReady(outrider);
    for (const name of names) await outrider.startAgent(name);
    await ready;
    expect(looked.mock.calls.length).toBeLessThan(10 * names.length);
  });
});
