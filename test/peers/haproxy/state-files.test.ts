import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { folder } from "../../tools/folder.ts";
import { startOutrider } from "../../tools/outrider.ts";
import { answerOf } from "../../tools/tcp.ts";
import { Tidy } from "../../tools/tidy.ts";
import { bytesOf, recorded } from "./recorded.ts";

const cases = recorded.hapgent.state_files.map((vector, index) => ({
  ...vector,
  service: `case-${index}`,
  bytes: bytesOf(vector.file ?? vector.file_pattern ?? ""),
}));

/** One service for each file, all in one process. */
describe("state files, read by a real process in hapgent's mode", () => {
  const tidy = new Tidy("all");
  let port = 0;

  beforeAll(async () => {
    const files = await folder(tidy);
    for (const { service, bytes } of cases) writeFileSync(join(files, service), bytes);
    const services = Object.fromEntries(
      cases.map(({ service }) => [service, { from: { file: join(files, service) } }]),
    );
    const agents = { web: { kind: "haproxy", listen: "127.0.0.1:0", mode: "hapgent", services } };
    const outrider = await startOutrider(tidy, { config: { admin: false, agents } });
    port = await outrider.port();
  });

  test.each(cases)("$service answers as hapgent: $file", async ({ service, reply }) => {
    expect(await answerOf(port, `${service}\n`)).toBe(reply);
  });
});
