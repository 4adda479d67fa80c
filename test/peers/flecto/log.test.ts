import { describe, expect, it } from "vitest";
import { ask } from "../../tools/ask.ts";
import { servingPort } from "../../tools/managed-process.ts";
import { startOutrider } from "../../tools/outrider.ts";
import { rulesFile } from "../../tools/shop.ts";
import { Tidy } from "../../tools/tidy.ts";

const tidy = new Tidy();

const rules = {
  redirects: [
    { source: "/old", target: "/new" },
    { source: "/a", target: "/b" },
    { source: "/b", target: "/a" },
  ],
};

async function start(options: object) {
  const from = { file: await rulesFile(tidy, rules) };
  const shop = { kind: "redirects", listen: "127.0.0.1:0", from, ...options };
  const outrider = await startOutrider(tidy, { config: { agents: { shop }, admin: false } });
  return { outrider, port: await servingPort(outrider) };
}

describe("the log", () => {
  it("has a line for each redirect, where that is wanted, whichever lane has answered", async () => {
    const { outrider, port } = await start({ log_redirects: true });
    await ask(port, "/old");
    const line = { host: "example.com", uri: "/old", status: 301, location: "/new" };
    expect(await outrider.says("redirected")).toMatchObject(line);
  });

  it("sums up what lint finds after each load, where that is wanted", async () => {
    const { outrider } = await start({ lint: true });
    expect(await outrider.says("rules linted")).toMatchObject({ rules: 3, loop: 2 });
  });
});
