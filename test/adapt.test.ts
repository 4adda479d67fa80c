import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { askAgentCheck } from "../src/wire/agent-check.ts";
import { folder } from "./tools/folder.ts";
import { runOutrider, startOutrider } from "./tools/outrider.ts";
import { freePort, serveHttp } from "./tools/ports.ts";
import { Tidy } from "./tools/tidy.ts";

const tidy = new Tidy();

// Each test starts several processes; on a small machine that takes a while.
vi.setConfig({ testTimeout: 90_000 });
const PATIENT = { within: 30_000 };

/** Configurations of four peers, in files. */
async function peers() {
  const home = await folder(tidy);
  const file = (name: string, text: string) => {
    writeFileSync(join(home, name), text);
    return join(home, name);
  };
  const [check, flags] = [await freePort(), await freePort()];
  const krakend = (name: string) => ({
    version: 3,
    async_agent: [
      {
        name,
        consumer: { topic: "#" },
        backend: [{ host: "http://127.0.0.1:3000", url_pattern: "/", method: "POST" }],
        extra_config: { "async/amqp": { name: "q", host: "amqp://127.0.0.1:1/", exchange: "e" } },
      },
    ],
  });
  return {
    home,
    file,
    check,
    flags,
    krakend: file("krakend.json", JSON.stringify(krakend("hapgent"))),
    state: file("state.json", '{"status":"UP"}'),
    hapgent: file(
      "hapgent.env",
      `HAPGENT_IP=127.0.0.1\nHAPGENT_PORT=${check}\nHAPGENT_STATE_FILE=${home}/state.json\n`,
    ),
    featbit: file(
      "featbit.env",
      `ApiKey=rp-key\nMode=manual\nBootstrapFile=${home}/dump.json\nForwardEvents=false\nASPNETCORE_URLS=http://127.0.0.1:${flags}\n`,
    ),
    dump: file("dump.json", '{"items":[]}'),
  };
}

describe("several peers' configurations", () => {
  it("become one file that says what became of each, and is taken", async () => {
    const { krakend, hapgent, featbit, file } = await peers();
    const args = ["adapt", "krakend", krakend, "hapgent", hapgent, "featbit", featbit];
    const adapted = await runOutrider(tidy, { args });
    expect([adapted.status, adapted.stderr]).toEqual([0, ""]);
    expect(adapted.stdout).toContain(
      `# ${hapgent} hapgent: is called hapgent-hapgent here, as another agent has that name`,
    );
    expect(adapted.stdout).toContain(
      `# ${krakend} $.async_agent[0].extra_config.async/amqp: without \`prefetch_count\``,
    );
    const own = file("outrider.yaml", adapted.stdout);
    const checks = [
      runOutrider(tidy, { args: ["check", own] }),
      runOutrider(tidy, { args: ["check", "--from", ...args.slice(1)] }),
    ];
    for (const { status, stdout } of await Promise.all(checks)) {
      expect([status, stdout]).toEqual([
        0,
        expect.stringContaining("is fine: hapgent (queue), hapgent-hapgent (haproxy), flags (flags)"),
      ]);
    }
  });

  it("that claim one address are told so, and all mistakes are told at once", async () => {
    const { hapgent, file } = await peers();
    const twice = await runOutrider(tidy, { args: ["adapt", "hapgent", hapgent, "hapgent", hapgent] });
    expect(twice.stdout).toMatch(
      /^# together: agents\.hapgent-hapgent\.listen: .* is claimed by agents\.hapgent, choose another/m,
    );
    const bad = [file("a.env", "HAPGENT_PORT=x"), file("b.env", "nonsense"), file("c.json", "{")];
    const args = ["adapt", "hapgent", bad[0]!, "leek", bad[1]!, "krakend", bad[2]!];
    const refused = await runOutrider(tidy, { args });
    expect(refused.status).toBe(78);
    for (const place of [`${bad[0]} HAPGENT_PORT`, `${bad[1]}:1:1`, `${bad[2]}:1:`])
      expect(refused.stderr).toContain(place);
  });

  it("run as they are, from files", async () => {
    const { hapgent, featbit, check, flags } = await peers();
    const run = await startOutrider(tidy, {
      args: ["run", "--from", "hapgent", hapgent, "featbit", featbit],
    });
    await run.says("every required agent is ready", PATIENT);
    expect((await askAgentCheck(`127.0.0.1:${check}`)).trim()).toBe("UP");
    expect(await (await fetch(`http://127.0.0.1:${flags}/health/liveness`)).text()).toBe("Healthy");
  });

  it("all run when there is no configuration but the environment has their variables, and it says so", async () => {
    const { home, check, flags } = await peers();
    const admin = await freePort();
    const run = await startOutrider(tidy, {
      env: {
        HAPGENT_IP: "127.0.0.1",
        HAPGENT_PORT: String(check),
        HAPGENT_STATE_FILE: join(home, "state.json"),
        ApiKey: "rp-key",
        Mode: "manual",
        BootstrapFile: join(home, "dump.json"),
        ForwardEvents: "false",
        ASPNETCORE_URLS: `http://127.0.0.1:${flags}`,
        OUTRIDER_LISTEN_ADMIN: `127.0.0.1:${admin}`,
      },
    });
    await run.says("every required agent is ready", PATIENT);
    const asked = await runOutrider(tidy, { args: ["health", "--admin", `http://127.0.0.1:${admin}`] });
    expect([asked.status, asked.stdout.split("\n")[0]]).toEqual([0, "healthy"]);
    const found = run.lines.filter(
      ({ msg }) => msg === "running in the place of an agent whose variables are set",
    );
    expect(found.map(({ peer }) => peer).sort()).toEqual(["featbit", "hapgent"]);
    expect((await askAgentCheck(`127.0.0.1:${check}`)).trim()).toBe("UP");
    expect(await (await fetch(`http://127.0.0.1:${flags}/health/liveness`)).text()).toBe("Healthy");
  });
});

describe("how far a long task is", () => {
  it("is told of `adapt` where it is asked for, and does not get into the configuration", async () => {
    const { krakend } = await peers();
    const [plain, told] = await Promise.all([
      runOutrider(tidy, { args: ["adapt", "krakend", krakend] }),
      runOutrider(tidy, { args: ["adapt", "--progress", "krakend", krakend] }),
    ]);
    expect(told.stdout).toBe(plain.stdout);
    expect(plain.stderr).toBe("");
    expect(told.stderr).toMatch(/^reading .*krakend\.json …\nparsing .*krakend\.json, 1 kB …\nadapting .*\n/);
  });

  it("is told of a replay until it has ended", async () => {
    const home = await folder(tidy);
    const release: (() => void)[] = [];
    let held = true;
    const url = await serveHttp(tidy, (_, response) => {
      const answer = () => response.end("{}");
      if (held) release.push(answer);
      else answer();
    });
    const place = join(home, "files", "orders");
    mkdirSync(place, { recursive: true });
    const lines = Array.from({ length: 400 }, (_, id) =>
      JSON.stringify({ body: `{"id":${id}}`, headers: {}, properties: {} }),
    );
    writeFileSync(join(place, "rejected.ndjson"), `${lines.join("\n")}\n`);
    const run = await startOutrider(tidy, {
      stateDir: home,
      config: {
        admin: { listen: "127.0.0.1:0" },
        agents: {
          orders: {
            kind: "queue",
            listen: "127.0.0.1:0",
            from: { inbox: {} },
            to: [{ http: { url } }],
            timeout: "60s",
          },
        },
      },
    });
    const { admin } = await run.says("outrider is running", PATIENT);
    const call = await startOutrider(tidy, {
      args: ["call", "orders", "replay", "--progress", "--admin", `http://${admin}`],
    });
    await call.line(({ msg }) => /^replaying: 0 delivered, 0 rejected, \d+ % …$/.test(msg), PATIENT);
    held = false;
    for (const answer of release) answer();
    expect((await call.ended).status).toBe(0);
    expect(call.stderr).toMatch(/\nreplayed: 400 delivered, 0 rejected, 100 %$/);
    expect(JSON.parse(call.stdout)).toEqual({ replaying: true });
  });
});
