import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { folder } from "../tools/folder.ts";
import { runOutrider, startOutrider } from "../tools/outrider.ts";
import { freePort } from "../tools/ports.ts";
import { Tidy } from "../tools/tidy.ts";

const tidy = new Tidy();

/** A configuration whose one agent wants a port. */
async function setting(listen: number) {
  const path = await folder(tidy);
  const admin = await freePort();
  const config = join(path, "outrider.yaml");
  writeFileSync(
    config,
    JSON.stringify({
      admin: { listen: `127.0.0.1:${admin}`, token: "secret-of-the-api" },
      state: { dir: join(path, "state") },
      agents: { web: { kind: "haproxy", listen: `127.0.0.1:${listen}` } },
    }),
  );
  const asked = (...more: string[]) =>
    runOutrider(tidy, { args: ["health", "--admin", `http://127.0.0.1:${admin}`, ...more] });
  return { config, asked };
}

describe("outrider health", () => {
  it("ends with 0 where every required agent serves, and needs no token", async () => {
    const { config, asked } = await setting(await freePort());
    const outrider = await startOutrider(tidy, { args: ["run", config] });
    await outrider.says("every required agent is ready");
    expect(await asked()).toMatchObject({ status: 0, stdout: "healthy\n" });
    await outrider.stop();
    expect(await asked()).toMatchObject({ status: 1, stdout: "" });
  });

  it("ends with 1 and says who does not serve; the process lives all the same", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    tidy.later(() => void taken.close());
    const { config, asked } = await setting((taken.address() as { port: number }).port);
    const outrider = await startOutrider(tidy, { args: ["run", config] });
    await outrider.says("outrider is running");
    await outrider.says("agent fell");
    const { status, stdout } = await asked();
    expect(status).toBe(1);
    expect(stdout).toMatch(/^unhealthy\nweb is failed .*cannot listen on/);
    expect(await asked("--live")).toMatchObject({ status: 0, stdout: "healthy\n" });
  });
});
