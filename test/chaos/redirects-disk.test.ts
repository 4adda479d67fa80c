import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sentTo } from "../tools/ask.ts";
import { folder } from "../tools/folder.ts";
import { saved, servingPort, startManagedProcess } from "../tools/managed-process.ts";
import { partIs, startManaged, startManager } from "../tools/managed-shop.ts";
import { describeIf, mayMount } from "../tools/needs.ts";
import { fill, onSmallDisk } from "../tools/small-disk.ts";
import { Tidy } from "../tools/tidy.ts";
import { until } from "../tools/until.ts";

const tidy = new Tidy();
const rules = (target: string) => [{ type: "BASIC", source: "/a", target, status: "FOUND" }];

describe("a state folder that cannot be used", () => {
  it("as a file is in its place: the rules are served, the part `snapshot` tells reason and remedy", async () => {
    const stateDir = join(await folder(tidy), "state");
    writeFileSync(stateDir, "");
    const manager = await startManager(tidy, { redirects: rules("/one") });
    const shop = await startManaged(tidy, manager, {}, { stateDir, timeout: 10_000 });
    expect(shop.agent.match("h", "/a")?.location).toBe("/one");
    const { problem } = await partIs(shop, "snapshot", "down", "ENOTDIR");
    expect(problem?.remedy).toContain("mend its permissions");
    expect(shop.lines).toContainEqual(
      expect.objectContaining({ msg: "part is down", part: "snapshot", remedy: problem?.remedy }),
    );
  });

  it("at the start of a process: it is said, and the rules are served all the same", async () => {
    const stateDir = join(await folder(tidy), "state");
    writeFileSync(stateDir, "");
    const manager = await startManager(tidy, { redirects: rules("/one") });
    const outrider = await startManagedProcess(tidy, manager, { stateDir });
    const line = await outrider.says("state folder cannot be used, nothing will outlive the process");
    expect(JSON.stringify(line)).toContain(stateDir);
    expect(await sentTo(await servingPort(outrider), "/a")).toBe("302 /one");
  });

  it("a snapshot that is torn is set aside and said, and the rules come from the Manager", async () => {
    const stateDir = await folder(tidy);
    const manager = await startManager(tidy, { redirects: rules("/one") });
    const first = await startManaged(tidy, manager, {}, { stateDir, timeout: 10_000 });
    await first.agent.close();
    const [name = ""] = readdirSync(stateDir).filter((each) => each.endsWith(".snap"));
    writeFileSync(join(stateDir, name), readFileSync(join(stateDir, name)).subarray(0, -20));
    const again = await startManaged(tidy, manager, {}, { stateDir, timeout: 10_000 });
    expect(again.agent.match("h", "/a")?.location).toBe("/one");
    expect(again.lines).toContainEqual(expect.objectContaining({ part: "snapshot", code: "snapshot_torn" }));
    expect(readdirSync(stateDir)).toContain(`${name}.torn`);
  });
});

describeIf(mayMount(), "this user may not mount a file system")("a full disk", () => {
  it("new rules are served, the saved ones stay whole, and are saved once there is room", async () => {
    const stateDir = await folder(tidy);
    chmodSync(stateDir, 0o755);
    const manager = await startManager(tidy, { redirects: rules("/one") });
    const shell = onSmallDisk(stateDir, "256k");
    const outrider = await startManagedProcess(tidy, manager, { stateDir, shell });
    const port = await servingPort(outrider);
    const disk = `/proc/${outrider.pid}/root${stateDir}`;
    await saved(disk);
    const kept = snapshotIn(disk);
    expect(kept).toContain("/one");
    fill(disk);

    Object.assign(manager.state, { version: "2\n", redirects: rules("/two") });
    await outrider.api("/api/agents/shop/actions/refresh", {});
    const line = await outrider.line(({ msg, part }) => msg === "part is down" && part === "snapshot");
    expect(line).toMatchObject({ code: "state_unwritable", message: expect.stringContaining("ENOSPC") });
    expect(line["remedy"]).toContain("Free space");
    expect(await sentTo(port, "/a")).toBe("302 /two");
    expect(snapshotIn(disk)).toBe(kept);

    rmSync(join(disk, "rest"));
    await until("saved again", () => snapshotIn(disk).includes("/two"), { within: 20_000 });
    await outrider.line(({ msg, part }) => msg === "part is up again" && part === "snapshot");
  });
});

function snapshotIn(disk: string): string {
  const place = join(disk, "snapshots");
  const [name = ""] = readdirSync(place).filter((each) => each.endsWith(".snap"));
  return readFileSync(join(place, name), "utf8");
}
