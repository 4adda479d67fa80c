import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { folder } from "../../tools/folder.ts";
import { startManager } from "../../tools/managed-shop.ts";
import { runOutrider, startOutrider } from "../../tools/outrider.ts";
import { freePort } from "../../tools/ports.ts";
import { Tidy } from "../../tools/tidy.ts";

const tidy = new Tidy();

/** A Traefik dynamic configuration with the plugin, in a file. */
async function traefikFile(url: string, more = ""): Promise<string> {
  const file = join(await folder(tidy), "traefik.yaml");
  writeFileSync(
    file,
    `
http:
  middlewares:
    tidy: { redirectRegex: { regex: "^(.*)/$", replacement: "\${1}" } }
    shop:
      plugin:
        flecto: { manager_url: "${url}", namespace_code: ns, project_code: prj, token_jwt: flecto_abc, agent_name: edge-1 ${more} }
`,
  );
  return file;
}

describe("the built command line takes the plugin's configuration", () => {
  it("`adapt` prints ours, with notes, and `check` finds it fine", async () => {
    const file = await traefikFile("http://manager:8080");
    const { status, stdout } = await runOutrider(tidy, { args: ["adapt", "flecto", file] });
    expect(status).toBe(0);
    expect(stdout).toContain("# $.http.middlewares.shop.plugin.flecto: a Traefik plugin has no address");
    const own = join(await folder(tidy), "outrider.yaml");
    writeFileSync(own, stdout);
    expect(await runOutrider(tidy, { args: ["check", own] })).toMatchObject({ status: 0 });
    expect(await runOutrider(tidy, { args: ["check", "--from", "flecto", file] })).toMatchObject({
      status: 0,
    });
  });

  it("`adapt` and `run` refuse what the plugin refuses, with place and words", async () => {
    const file = await traefikFile(
      "http://manager:8080",
      ", interval_check: 5, host_configs: [{ project_code: x }]",
    );
    for (const args of [
      ["adapt", "flecto", file],
      ["run", "--from", "flecto", file],
    ]) {
      const { status, stderr } = await runOutrider(tidy, { args });
      expect(status).toBe(78);
      expect(stderr).toContain("$.http.middlewares.shop.plugin.flecto: invalid interval check duration (5)");
      expect(stderr).toContain("host_configs[0]: hosts is required and cannot be empty");
    }
  });

  it("`run` serves with it: registered as traefik, redirects for Traefik's forwardAuth", async () => {
    const redirects = [{ type: "BASIC", source: "/old", target: "/new", status: "PERMANENT_REDIRECT" }];
    const manager = await startManager(tidy, { redirects });
    const listen = `127.0.0.1:${await freePort()}`;
    const file = await traefikFile(manager.url);
    const outrider = await startOutrider(tidy, {
      args: ["run", "--from", "flecto", file],
      env: { OUTRIDER_LISTEN: listen },
    });
    await outrider.says("serving redirects");
    const ask = (uri: string) =>
      fetch(`http://${listen}/outrider/forward-auth/traefik`, {
        redirect: "manual",
        headers: { "x-forwarded-uri": uri, "x-forwarded-host": "example.com", "x-forwarded-method": "GET" },
      });
    const moved = await ask("/old");
    expect([moved.status, moved.headers.get("location")]).toEqual([308, "http://example.com/new"]);
    expect((await ask("/other")).status).toBe(204);
    const { body } = await manager.saw(({ method }) => method === "POST");
    expect(body).toMatchObject({ name: "edge-1", type: "traefik", status: "success" });
  });
});
