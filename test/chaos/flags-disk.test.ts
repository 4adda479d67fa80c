import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { plainFlag, secrets } from "../tools/featbit-data.ts";
import { folder } from "../tools/folder.ts";
import { followingRelay } from "../tools/relay.ts";
import { SdkClient } from "../tools/sdk-client.ts";
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
