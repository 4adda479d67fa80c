import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { StandInFeatbit } from "../tools/featbit.ts";
import { plainFlag, secrets } from "../tools/featbit-data.ts";
import { folder } from "../tools/folder.ts";
import { describeIf, mayMount } from "../tools/needs.ts";
import { startOutrider } from "../tools/outrider.ts";
import { followingRelay } from "../tools/relay.ts";
import { SdkClient } from "../tools/sdk-client.ts";
import { fill, onSmallDisk } from "../tools/small-disk.ts";
import { Tidy } from "../tools/tidy.ts";
import { until } from "../tools/until.ts";

const tidy = new Tidy();

it("a backup that cannot be written costs nothing that is served, is said, and is made up for", async () => {
  // A file where the folder should be: nobody can write below it, root neither.
  const inTheWay = join(await folder(tidy), "taken");
  writeFileSync(inTheWay, "");
  const { url, server, outrider } = await followingRelay(tidy, { backup: join(inTheWay, "backup.json") });
  const part = () => outrider.status("flags").parts.find(({ name }) => name === "snapshot")!;
  await until("it is said", () => part().state === "down");
  expect(part().problem?.code).toBe("state_unwritable");
  const sdk = await SdkClient.open(tidy, url, { secret: secrets.prod.server });
  await sdk.sync(0);
  server.change({ flag: plainFlag("still-served") });
  await sdk.next("data-sync", 1);
  rmSync(inTheWay);
  await until("it is made up for", () => part().state === "up", { within: 20_000 });
});

describeIf(mayMount(), "this user may not mount a file system")("a full disk", () => {
  it("changes are served, SDKs are answered, and what could not be kept is kept and sent once there is room", async () => {
    const stateDir = await folder(tidy);
    chmodSync(stateDir, 0o755);
    const server = await StandInFeatbit.start(tidy);
    const config = {
      admin: { listen: "127.0.0.1:0" },
      agents: {
        flags: {
          kind: "flags",
          listen: "127.0.0.1:0",
          from: { featbit: { url: server.url, key: server.key, agent: "a" } },
          insights: { to: { featbit: { url: server.url.replace("ws", "http") } }, batch: { window: "50ms" } },
          backup: join(stateDir, "backup.json"),
        },
      },
    };
    const outrider = await startOutrider(tidy, { config, stateDir, shell: onSmallDisk(stateDir, "512k") });
    const url = `http://${(await outrider.says("serving flags"))["address"]}`;
    const disk = `/proc/${outrider.pid}/root${stateDir}`;
    const written = (name: string) =>
      readdirSync(disk, { recursive: true, encoding: "utf8" })
        .filter((each) => each.endsWith(name))
        .map((each) => readFileSync(join(disk, each), "utf8"))
        .join();
    await until("both are written", () => [".snap", "backup.json"].every((each) => written(each) !== ""));
    const sdk = await SdkClient.open(tidy, url, { secret: secrets.prod.server });
    await sdk.sync(0);
    fill(disk);

    server.change({ flag: plainFlag("still-served") });
    await sdk.next("data-sync", 1);
    const line = await outrider.line(({ msg, part }) => msg === "part is down" && part === "snapshot");
    expect(line).toMatchObject({ code: "state_unwritable", message: expect.stringContaining("ENOSPC") });
    const track = (keyId: string) =>
      fetch(`${url}/api/public/insight/track`, {
        method: "POST",
        headers: { authorization: secrets.prod.client },
        body: JSON.stringify([{ user: { keyId }, metrics: [{ eventName: "x".repeat(5_000) }] }]),
      });
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => track(`u${i}`)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    await outrider.line(({ msg, part }) => msg === "part is down" && String(part).startsWith("link:"));

    rmSync(join(disk, "rest"));
    const users = () =>
      new Set(
        server.requests
          .filter(({ path }) => path.endsWith("track"))
          .flatMap(({ body }) => (body as { user: { keyId: string } }[]).map(({ user }) => user.keyId)),
      );
    await until("all insights arrive", () => users().size === 50, { within: 30_000 });
    await until(
      "all is kept",
      () => [".snap", "backup.json"].every((each) => written(each).includes("still-served")),
      {
        within: 30_000,
      },
    );
    expect(sdk.closed).toBeUndefined();
  }, 90_000);
});
