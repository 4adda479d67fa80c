import { execFile } from "node:child_process";
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { folder } from "../tools/folder.ts";
import { describeWith } from "../tools/needs.ts";
import { runOutrider, startOutrider } from "../tools/outrider.ts";
import { freePort } from "../tools/ports.ts";
import { RedisServer } from "../tools/redis.ts";
import { type Seen, stub } from "../tools/stubs.ts";
import { Tidy } from "../tools/tidy.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const tidy = new Tidy();
const forAll = new Tidy("all");

let program: [string];

beforeAll(async () => {
  const target = join(await folder(forAll), "outrider");
  await promisify(execFile)(process.execPath, ["scripts/executable.mjs", target], { cwd: ROOT });
  program = [target];
}, 120_000);

/** Nothing but the file: no Node and no package is to be found. */
const env = { PATH: "/nowhere" };

describe("the single-file executable", () => {
  it("knows its version, checks, and says what it is asked wrongly", async () => {
    expect(await runOutrider(tidy, { program, env, args: ["--version"] })).toMatchObject({
      status: 0,
      stdout: `${manifest.version}\n`,
    });
    const config = { agents: { web: { kind: "haproxy", listen: "127.0.0.1:0", form: {} } } };
    const checked = await runOutrider(tidy, { program, env, config, args: ["check", "outrider.json"] });
    expect(checked).toMatchObject({ status: 78 });
    expect(checked.stderr).toContain('unknown key "form" — did you mean "from"?');
  });

  it("is one file that is no larger than Node and a tenth", () => {
    expect(statSync(program[0]).size).toBeLessThan(statSync(process.execPath).size * 1.1);
  });

  it("runs the demo with all kinds, from the files inside", async () => {
    const ports = { DEMO_ADMIN: 0, DEMO_HTTP: 0, DEMO_CHECK: 0, DEMO_INBOX: 0, DEMO_FLAGS: 0 };
    const addresses: Record<string, string> = {};
    for (const name of Object.keys(ports)) addresses[name] = `127.0.0.1:${await freePort()}`;
    const args = ["demo", "--dir", await folder(tidy)];
    const outrider = await startOutrider(tidy, { program, args, env: { ...env, ...addresses } });
    await outrider.says("every required agent is ready");
    const { agents } = await outrider.api<{ agents: { kind: string; standing: string }[] }>("/api/agents");
    expect(agents.map(({ kind, standing }) => `${kind} ${standing}`).toSorted()).toEqual(
      ["celery", "flags", "haproxy", "queue", "redirects"].map((kind) => `${kind} ready`),
    );
    const page = await fetch(`http://${addresses["DEMO_HTTP"]}/featbit.js`);
    expect(await page.text()).toContain("FbClientBuilder");
    const room = await fetch(`http://${addresses["DEMO_ADMIN"]}/`);
    expect(await room.text()).toContain("<title>Outrider</title>");
  });

  it("carries every library that is loaded late: Lua, JSON Schema, JSONata, a module's thread", async () => {
    const seen: Seen[] = [];
    const answer = { status: 200, headers: { "content-type": "application/json" }, body: "{}" };
    const url = await stub(tidy, "backend", [answer], seen);
    const path = await folder(tidy);
    writeFileSync(join(path, "shop.mjs"), SHOP);
    const inbox = await freePort();
    const queue = {
      kind: "queue",
      listen: `127.0.0.1:${inbox}`,
      from: { inbox: {} },
      transform: '{ "total": $sum(lines.price) }',
      schema: { type: "object", properties: { total: { type: "number", maximum: 100 } } },
      module: { path: join(path, "shop.mjs"), options: { shop: "berlin" } },
      to: [
        {
          http: { url, path: "/orders" },
          lua: { pre: 'local r = request.load() r:headers("X-Size", tostring(#r:body()))' },
        },
      ],
    };
    const config = { admin: { listen: `127.0.0.1:${await freePort()}` }, agents: { queue } };
    const outrider = await startOutrider(tidy, { program, env, config });
    await outrider.says("every required agent is ready");
    const post = async (...prices: number[]) => {
      const body = JSON.stringify({ lines: prices.map((price) => ({ price })) });
      const answered = await fetch(`http://127.0.0.1:${inbox}/`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
      });
      return answered.text();
    };
    expect(await post(1, 2)).toContain("delivered");
    expect(await post(1, 200)).toContain("set aside");
    expect(seen.map(({ target, body }) => [target, body])).toEqual([["/orders", '{"total":3}']]);
    expect(seen[0]?.headers).toMatchObject({ "x-size": "11", "x-shop": "berlin" });
  });
});

describeWith("redis-server")("the single-file executable, with Redis", () => {
  it("carries the library for it", async () => {
    const { url } = await RedisServer.start(tidy);
    const file = join(await folder(tidy), "documents.ndjson");
    const config = { agents: { tasks: { kind: "celery", from: { redis: { url } }, to: { file } } } };
    const args = ["probe", "outrider.json"];
    expect(await runOutrider(tidy, { program, env, config, args })).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^tasks: fine\n(.*\n)*\s*source: fine/),
    });
  });
});

const SHOP = `export function request(call, options) {
  return { headers: { ...call.headers, "X-Shop": options.shop } };
}
`;
