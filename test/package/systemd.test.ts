import { execFileSync } from "node:child_process";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { kinds } from "../../src/agents/kinds.ts";
import { exit } from "../../src/cli/exit.ts";
import { loadConfig } from "../../src/config/load.ts";
import { folder } from "../tools/folder.ts";
import { describeWith } from "../tools/needs.ts";
import { cli } from "../tools/outrider.ts";
import { Tidy } from "../tools/tidy.ts";

const tidy = new Tidy();
const text = readFileSync(join(import.meta.dirname, "..", "..", "deploy", "outrider.service"), "utf8");
const set = (name: string) => new RegExp(`^${name}=(.*)$`, "m").exec(text)?.[1];

/** The unit, with the command line that was built here for the one that is installed. */
async function unit(): Promise<string> {
  const path = await folder(tidy);
  const program = join(path, "outrider");
  writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${cli}" "$@"\n`);
  chmodSync(program, 0o755);
  writeFileSync(join(path, "outrider.service"), text.replaceAll("/usr/bin/outrider", program));
  return join(path, "outrider.service");
}

describeWith("systemd-analyze")("the systemd unit", () => {
  it("is one that systemd takes without a word", async () => {
    const path = await unit();
    expect(execFileSync("systemd-analyze", ["verify", path], { encoding: "utf8", stdio: "pipe" })).toBe("");
    writeFileSync(path, readFileSync(path, "utf8").replace("Type=notify", "Type=notified"));
    const said = execFileSync("sh", ["-c", `systemd-analyze verify ${path} 2>&1 || true`], {
      encoding: "utf8",
    });
    expect(said).toContain("notified");
  });

  it("gives the process few rights, by systemd's own count", async () => {
    const args = ["security", "--offline=true", "--threshold=30", "--no-pager", await unit()];
    const judge = () => execFileSync("systemd-analyze", args, { encoding: "utf8", stdio: "pipe" });
    expect(judge).not.toThrow();
  });

  it("agrees with what the program does: exit code, grace, state folder, what reloads", () => {
    expect(set("RestartPreventExitStatus")).toBe(String(exit.config));
    const { grace } = loadConfig([{ file: "empty.yaml", text: "agents: {}" }], kinds, {});
    expect(Number.parseInt(set("TimeoutStopSec")!, 10) * 1_000).toBeGreaterThan(grace);
    expect(set("StateDirectory")).toBe("outrider");
    expect(set("ExecReload")).toContain("-HUP $MAINPID");
  });
});
